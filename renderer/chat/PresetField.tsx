import { useState } from 'react';
import type { ChatSettings } from '../../main/bridge-shapes/conversation.js';
import type { Preset } from '../../main/bridge-shapes/settings.js';
import { Button } from '../controls/Button.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';

interface PresetFieldProps {
  presets: readonly Preset[];
  settings: ChatSettings;
  choose: (settings: ChatSettings) => void;
}

/** Takes a chat's settings from a preset, or keeps them as one. */
export function PresetField({ presets, settings, choose }: PresetFieldProps) {
  const text = useText();
  const take = (id: string): void => {
    const preset = presets.find((one) => one.id === id);
    choose(preset === undefined
      ? { ...settings, preset: null }
      : { ...settings, preset: id, systemPrompt: preset.systemPrompt, sampling: preset.sampling });
  };
  return (
    <div className="flex flex-wrap items-end gap-3">
      <label className="flex min-w-48 flex-1 flex-col gap-1.5 text-sm">
        <span className="font-medium">{text('preset.label')}</span>
        <select
          value={settings.preset ?? ''}
          onChange={(event) => take(event.target.value)}
          className="rounded-xl border border-line-strong bg-ground px-3 py-2"
        >
          <option value="">{text('preset.none')}</option>
          {presets.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
        </select>
      </label>
      <KeepAsPreset presets={presets} settings={settings} choose={choose} />
    </div>
  );
}

function KeepAsPreset({ presets, settings, choose }: PresetFieldProps) {
  const text = useText();
  const { settings: store, attempt } = useStores();
  const [name, setName] = useState<string | null>(null);
  if (name === null) return <Button onPress={() => setName('')}>{text('preset.keep')}</Button>;
  const keep = async (): Promise<void> => {
    const id = crypto.randomUUID();
    const preset = { id, name: name.trim().slice(0, 80), systemPrompt: settings.systemPrompt, sampling: settings.sampling };
    await store.getState().change({ presets: [...presets, preset] });
    choose({ ...settings, preset: id });
    setName(null);
  };
  return (
    <div className="flex items-end gap-2">
      <label className="flex flex-col gap-1.5 text-sm">
        <span className="font-medium">{text('preset.name')}</span>
        <input
          autoFocus
          value={name}
          onChange={(event) => setName(event.target.value)}
          className="w-40 rounded-xl border border-line-strong bg-ground px-3 py-2"
        />
      </label>
      <Button isDisabled={name.trim() === ''} onPress={() => attempt(keep())}>{text('action.save')}</Button>
    </div>
  );
}
