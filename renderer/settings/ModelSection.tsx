import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { Section } from '../controls/Page.js';
import { TextField } from '../controls/TextField.js';
import { useText } from '../messages/Text.js';
import { useChange } from './use-change.js';

/** How the model is loaded: a change loads it again. */
export function ModelSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  const whole = (written: string, least: number, most: number): number | null => {
    const value = Number(written.trim());
    return written.trim() === '' || !Number.isInteger(value) ? null : Math.min(most, Math.max(least, value));
  };
  return (
    <Section title={text('settings.model')} meaning={text('settings.reloads')}>
      <TextField
        label={text('settings.context')} meaning={text('settings.context.meaning')} value={String(settings.contextTokens)} isNumber
        changed={(written) => change({ contextTokens: whole(written, 256, 1_000_000) ?? 4096 })}
      />
      <TextField
        label={text('settings.threads')} meaning={text('settings.threads.meaning')} value={settings.threads === null ? '' : String(settings.threads)}
        placeholder={text('settings.auto')} isNumber changed={(written) => change({ threads: whole(written, 1, 1024) })}
      />
    </Section>
  );
}
