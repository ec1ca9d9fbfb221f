import { useEffect, type ReactNode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { IntlProvider, useIntl } from 'react-intl';
import { useStored } from '../stores/all-stores.js';
import { languageToShow, messagesIn, type MessageKey } from './languages.js';

/** Shows what it holds in the chosen language. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const chosen = useStored('settings', (state) => state.settings?.language ?? 'system');
  const language = languageToShow(chosen, navigator.languages);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <IntlProvider locale={language} messages={messagesIn[language]} defaultLocale="en">
      <I18nProvider locale={language}>{children}</I18nProvider>
    </IntlProvider>
  );
}

export type TextValues = Record<string, string | number>;

/** The function that turns a key of the catalogues into a sentence of the chosen language. */
export function useText(): (key: MessageKey, values?: TextValues) => string {
  const intl = useIntl();
  return (key, values) => intl.formatMessage({ id: key }, values);
}
