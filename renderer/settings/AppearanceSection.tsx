import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { ChoiceField } from '../controls/ChoiceField.js';
import { Section } from '../controls/Page.js';
import { useText } from '../messages/Text.js';
import { useChange } from './use-change.js';

/** Theme and language. */
export function AppearanceSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  return (
    <Section title={text('settings.appearance')}>
      <ChoiceField
        label={text('settings.theme')} value={settings.theme} change={(theme) => change({ theme })}
        choices={[
          { value: 'system', label: text('settings.system') },
          { value: 'light', label: text('settings.theme.light') },
          { value: 'dark', label: text('settings.theme.dark') },
        ]}
      />
      <ChoiceField
        label={text('settings.language')} value={settings.language} change={(language) => change({ language })}
        choices={[
          { value: 'system', label: text('settings.system') },
          { value: 'en', label: 'English' },
          { value: 'de', label: 'Deutsch' },
        ]}
      />
    </Section>
  );
}
