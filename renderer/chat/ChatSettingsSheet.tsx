import { useState } from 'react';
import type { ChatSettings } from '../../main/bridge-shapes/conversation.js';
import type { OwnSampling } from '../../main/bridge-shapes/sampling.js';
import type { Preset } from '../../main/bridge-shapes/settings.js';
import { Button } from '../controls/Button.js';
import { Fold } from '../controls/Fold.js';
import { Sheet } from '../controls/Sheet.js';
import { useText } from '../messages/Text.js';
import { SamplingFields } from '../settings/SamplingFields.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { chatSampling, ownSampling } from './chat-sampling.js';
import { PresetField } from './PresetField.js';

/** What one chat sets for itself: what the model is told first, how it chooses, what happens when its context is full. */
export function ChatSettingsSheet({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const text = useText();
  return (
    <Sheet title={text('chat.settings.title')} isOpen={isOpen} close={close} wide>
      <ChatSettingsForm close={close} />
    </Sheet>
  );
}

function ChatSettingsForm({ close }: { close: () => void }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const presets = useStored('settings', (state) => state.settings?.presets ?? noPresets);
  const common = useStored('settings', (state) => state.settings);
  const [settings, setSettings] = useState<ChatSettings>(() => store.getState().chat.settings);
  if (common === null) return null;
  const usual = { ...common.sampling, prefix: common.prefix };
  const sampling = {
    values: chatSampling(usual, settings.sampling), usual,
    change: (changes: OwnSampling): void =>
      setSettings((before) => ({ ...before, sampling: ownSampling(usual, before.sampling, changes) })),
  };
  const keep = (): void => {
    attempt(store.getState().configure(settings));
    close();
  };
  return (
    <div className="flex flex-col gap-5">
      <PresetField presets={presets} settings={settings} choose={setSettings} />
      <label className="flex flex-col gap-1.5 text-sm">
        <span className="font-medium">{text('chat.system')}</span>
        <span className="text-xs text-ink-soft">{text('chat.system.meaning')}</span>
        <textarea
          rows={5}
          value={settings.systemPrompt}
          onChange={(event) => setSettings({ ...settings, systemPrompt: event.target.value })}
          className="resize-y rounded-xl border border-line-strong bg-ground px-3 py-2"
        />
      </label>
      <SamplingFields names={firstNames} {...sampling} />
      <Fold title={text('chat.sampling.more')} meaning={text('chat.sampling.meaning')}>
        <SamplingFields names={foldedNames} {...sampling} />
      </Fold>
      <label className="flex items-start gap-3 text-sm">
        <input
          type="checkbox"
          checked={settings.whenFull === 'drop-oldest'}
          onChange={(event) => setSettings({ ...settings, whenFull: event.target.checked ? 'drop-oldest' : 'ask' })}
          className="mt-1 size-4 accent-accent"
        />
        {text('context.dropAlways')}
      </label>
      <div className="sticky bottom-0 -mx-6 -mb-6 flex flex-wrap justify-end gap-2 border-t border-line bg-surface px-6 py-3">
        <Button look="quiet" onPress={() => setSettings({ ...settings, preset: null, systemPrompt: '', sampling: {} })}>{text('action.reset')}</Button>
        <Button onPress={close}>{text('action.cancel')}</Button>
        <Button look="main" onPress={keep}>{text('action.save')}</Button>
      </div>
    </div>
  );
}

const noPresets: readonly Preset[] = [];
/** What people change most; the rest is folded away. */
const firstNames = ['temperature', 'maxTokens'] as const;
const foldedNames = ['topK', 'topP', 'minP', 'repetitionPenalty', 'seed', 'prefix'] as const;
