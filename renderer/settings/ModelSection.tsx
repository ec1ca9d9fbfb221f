import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { Section } from '../controls/Page.js';
import { TextField } from '../controls/TextField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { defaultContextTokens } from './default-choices.js';
import { Resettable } from './Resettable.js';
import { useChange } from './use-change.js';

/** How the model is loaded: a change loads it again. */
export function ModelSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  const amounts = useAmounts();
  const whole = (written: string, least: number, most: number): number | null => {
    const value = Number(written.trim());
    return written.trim() === '' || !Number.isInteger(value) ? null : Math.min(most, Math.max(least, value));
  };
  return (
    <Section title={text('settings.model')} meaning={text('settings.reloads')}>
      <Resettable
        name={text('settings.context')} shownDefault={amounts.number(defaultContextTokens)} isDefault={settings.contextTokens === defaultContextTokens}
        reset={() => change({ contextTokens: defaultContextTokens })}
      >
        <TextField
          label={text('settings.context')} meaning={text('settings.context.meaning')} value={String(settings.contextTokens)} isNumber
          changed={(written) => change({ contextTokens: whole(written, 256, 1_000_000) ?? defaultContextTokens })}
        />
      </Resettable>
      <Resettable
        name={text('settings.threads')} shownDefault={text('settings.auto')} isDefault={settings.threads === null} reset={() => change({ threads: null })}
      >
        <TextField
          label={text('settings.threads')} meaning={text('settings.threads.meaning')} value={settings.threads === null ? '' : String(settings.threads)}
          placeholder={text('settings.auto')} isNumber changed={(written) => change({ threads: whole(written, 1, 1024) })}
        />
      </Resettable>
    </Section>
  );
}
