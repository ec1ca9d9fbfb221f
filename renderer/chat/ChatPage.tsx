import { useDeferredValue, useState } from 'react';
import { useStored, useStores } from '../stores/all-stores.js';
import { ChatHeader } from './ChatHeader.js';
import { ChatList } from './ChatList.js';
import { ChatSettingsSheet } from './ChatSettingsSheet.js';
import { Composer } from './Composer.js';
import { ContextBanner } from './ContextBanner.js';
import { MessageList } from './MessageList.js';
import { useShortcuts } from './shortcuts.js';
import { Welcome } from './Welcome.js';

/** All chats on the left, and one of them. In a narrow window the list stands over the chat when it is asked for. */
export function ChatPage() {
  const { chat: store, attempt } = useStores();
  const [settingsShown, setSettingsShown] = useState(false);
  const [listShown, setListShown] = useState(false);
  const id = useStored('chat', (state) => state.chat.id);
  const isEmpty = useStored('chat', (state) => state.chat.messages.length === 0);
  useShortcuts({
    newChat: () => attempt(store.getState().startNew()),
    stop: () => store.getState().stop(),
    settings: () => setSettingsShown(true),
    neighbour: (step) => attempt(openNeighbour(store.getState(), step)),
  });
  return (
    <div className="flex h-full">
      <ChatList shown={listShown} hide={() => setListShown(false)} />
      <section className="flex min-w-0 flex-1 flex-col">
        <ChatHeader showList={() => setListShown(true)} showSettings={() => setSettingsShown(true)} />
        {isEmpty ? <Welcome /> : <Messages />}
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-2 px-4 pb-4 sm:px-6">
          <ContextBanner />
          <Composer key={id} />
        </div>
      </section>
      <ChatSettingsSheet isOpen={settingsShown} close={() => setSettingsShown(false)} />
    </div>
  );
}

/** The messages of another chat are drawn between whatever else there is to do: the window answers meanwhile. */
function Messages() {
  const place = useStored('chat', (state) => `${state.chat.id} ${state.lookAt}`);
  const drawn = useDeferredValue(place, '');
  return drawn === place ? <MessageList key={place} /> : <div className="flex-1" />;
}

async function openNeighbour({ list, chat, open }: { list: readonly { id: string }[] | null; chat: { id: string }; open: (id: string) => Promise<void> }, step: 1 | -1) {
  const at = list?.findIndex(({ id }) => id === chat.id) ?? -1;
  const next = list?.[Math.max(0, at + step)];
  if (next !== undefined) await open(next.id);
}
