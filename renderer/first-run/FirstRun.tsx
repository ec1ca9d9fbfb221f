import { Flame } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../controls/Button.js';
import { useText } from '../messages/Text.js';
import { Notices } from '../shell/Notices.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { MemoryPart } from './MemoryPart.js';
import { ModelPart } from './ModelPart.js';
import { NamePart } from './NamePart.js';
import { NearbyPart } from './NearbyPart.js';

/** A short welcome and the few things worth asking, each with a good answer already: the button alone is enough. */
export function FirstRun() {
  const text = useText();
  const { firstRun, attempt } = useStores();
  useEffect(() => attempt(firstRun.getState().begin()), [firstRun, attempt]);
  useFollowingHome();
  return (
    <div className="flex h-full flex-col">
      <main className="min-h-0 flex-1 overflow-y-auto [scrollbar-gutter:stable]">
        <div className="mx-auto flex w-full max-w-2xl flex-col gap-5 px-5 py-8 sm:px-8">
          <header className="flex items-start gap-4">
            <span className="flex size-12 shrink-0 items-center justify-center rounded-2xl bg-accent-soft text-accent">
              <Flame aria-hidden className="size-6" />
            </span>
            <div>
              <h1 className="text-2xl font-semibold tracking-tight">{text('first.title')}</h1>
              <p className="mt-1 text-ink-soft">{text('first.meaning')}</p>
            </div>
          </header>
          <NamePart />
          <MemoryPart />
          <ModelPart />
          <NearbyPart />
        </div>
      </main>
      <StartBar />
      <Notices />
    </div>
  );
}

/** The one button, and what will happen when it is pressed. */
function StartBar() {
  const text = useText();
  const { firstRun, attempt } = useStores();
  const sharing = useStored('settings', (state) => state.settings?.sharing ?? null);
  const isStarting = useStored('firstRun', (state) => state.isStarting);
  const fetched = useStored('firstRun', ({ models, model }) => models?.find(({ id, path }) => id === model && path === null)?.title ?? null);
  if (sharing === null) return null;
  return (
    <footer className="overflow-y-hidden border-t border-line bg-sunken [scrollbar-gutter:stable]">
      <div className="mx-auto flex w-full max-w-2xl flex-wrap items-center justify-between gap-x-6 gap-y-2 px-5 py-3 sm:px-8">
        <p className="min-w-0 flex-1 basis-60 text-sm text-ink-soft">
          {text(fetched === null ? 'first.later' : 'first.fetches', { title: fetched ?? '' })}
        </p>
        <Button look="main" isDisabled={isStarting} onPress={() => attempt(firstRun.getState().start(sharing))}>{text('first.start')}</Button>
      </div>
    </footer>
  );
}

/** What fits changes with the laptops that are there and what each offers. */
function useFollowingHome(): void {
  const { firstRun } = useStores();
  const offered = useStored('home', ({ home }) => home?.laptops.map(({ present, capacity }) => `${present} ${capacity?.memoryBytes}`).join() ?? null);
  useEffect(() => {
    if (offered !== null) firstRun.getState().look();
  }, [firstRun, offered]);
}
