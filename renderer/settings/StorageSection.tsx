import { FolderOpen, RotateCcw } from 'lucide-react';
import { useEffect } from 'react';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { Button } from '../controls/Button.js';
import { Section } from '../controls/Page.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { MoveModels } from './MoveModels.js';

/** Where models and chats lie on this laptop's disk. */
export function StorageSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const { bridge, forecast, models, settings: store, attempt } = useStores();
  const machine = useStored('forecast', (state) => state.machine);
  useEffect(() => attempt(models.getState().lookAtStorage()), [models, attempt, settings.modelsFolder]);
  if (machine === null) return null;
  const keep = async (modelsFolder: string | null): Promise<void> => {
    await store.getState().change({ modelsFolder });
    await forecast.getState().look();
  };
  const choose = async (): Promise<void> => {
    const folder = await bridge.call('chooseModelsFolder', null);
    if (folder !== null) await keep(folder);
  };
  return (
    <Section title={text('settings.storage')} meaning={text('settings.storage.meaning')}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64"><Place name={text('settings.storage.models')} path={machine.modelsFolder} /></div>
        <div className="flex gap-2">
          {settings.modelsFolder !== null && (
            <Button look="quiet" onPress={() => attempt(keep(null))}><RotateCcw aria-hidden className="size-4" />{text('action.reset')}</Button>
          )}
          <Button onPress={() => attempt(choose())}><FolderOpen aria-hidden className="size-4" />{text('settings.storage.choose')}</Button>
        </div>
      </div>
      <MoveModels />
      <Place name={text('settings.storage.chats')} path={machine.chatsFolder} />
    </Section>
  );
}

function Place({ name, path }: { name: string; path: string }) {
  return (
    <div className="text-sm">
      <h3 className="font-medium">{name}</h3>
      <p className="break-all text-ink-soft select-text">{path}</p>
    </div>
  );
}
