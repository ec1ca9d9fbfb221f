import { Trash2 } from 'lucide-react';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { IconButton } from '../controls/IconButton.js';
import { Section } from '../controls/Page.js';
import { TextField } from '../controls/TextField.js';
import { useText } from '../messages/Text.js';
import { useChange } from './use-change.js';

/** Ways of asking that have a name; they are made in a chat's own settings. */
export function PresetsSection({ settings: { presets } }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  return (
    <Section title={text('settings.presets')} meaning={text('settings.presets.meaning')}>
      {presets.length > 0 && (
        <ul className="flex flex-col gap-3">
          {presets.map((preset) => (
            <li key={preset.id} className="flex items-end gap-2">
              <div className="min-w-0 flex-1">
                <TextField
                  label={text('preset.name')} value={preset.name}
                  changed={(name) => name.trim() !== ''
                    && change({ presets: presets.map((one) => (one.id === preset.id ? { ...one, name: name.trim().slice(0, 80) } : one)) })}
                />
              </div>
              <IconButton
                icon={Trash2} label={text('settings.presets.delete', { name: preset.name })}
                onPress={() => change({ presets: presets.filter(({ id }) => id !== preset.id) })}
              />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
