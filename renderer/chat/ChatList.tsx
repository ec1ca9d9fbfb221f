import { Plus, Search, X } from 'lucide-react';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { ChatRow } from './ChatRow.js';
import { visibleText } from './markdown/visible-text.js';
import { searchFieldId } from './shortcuts.js';

/** All chats, or those in which something was found. */
export function ChatList({ shown, hide }: { shown: boolean; hide: () => void }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const hits = useStored('chat', (state) => state.hits);
  const startNew = (): void => {
    attempt(store.getState().startNew());
    hide();
  };
  return (
    <aside
      aria-label={text('chat.list.label')}
      onKeyDown={(event) => event.key === 'Escape' && shown && hide()}
      className={`w-72 shrink-0 flex-col border-r border-line bg-sunken md:flex
        ${shown ? 'absolute inset-y-0 left-0 z-10 flex shadow-2xl' : 'hidden'}`}
    >
      <div className="flex items-center gap-1 p-3 pb-2">
        <h2 className="flex-1 px-1 text-sm font-semibold">{text('chat.list.title')}</h2>
        <IconButton icon={Plus} label={text('chat.new')} onPress={startNew} />
        <div className="md:hidden"><IconButton icon={X} label={text('action.close')} onPress={hide} /></div>
      </div>
      <SearchField />
      <div className="min-h-0 flex-1 overflow-y-auto p-2">
        {hits === null ? <AllChats hide={hide} /> : <Hits hide={hide} />}
      </div>
    </aside>
  );
}

function SearchField() {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const query = useStored('chat', (state) => state.query);
  return (
    <div className="relative mx-3 mb-1">
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-soft" />
      <input
        id={searchFieldId}
        type="search"
        aria-label={text('chat.search')}
        placeholder={text('chat.search')}
        value={query}
        onChange={(event) => attempt(store.getState().seek(event.target.value))}
        className="w-full rounded-xl border border-line bg-surface py-2 pr-3 pl-9 text-sm placeholder:text-ink-soft"
      />
    </div>
  );
}

function AllChats({ hide }: { hide: () => void }) {
  const text = useText();
  const list = useStored('chat', (state) => state.list);
  if (list === null) return null;
  if (list.length === 0) return <p className="px-3 py-4 text-sm text-ink-soft">{text('chat.list.empty')}</p>;
  return <ul className="flex flex-col gap-0.5">{list.map((chat) => <ChatRow key={chat.id} chat={chat} opened={hide} />)}</ul>;
}

function Hits({ hide }: { hide: () => void }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const hits = useStored('chat', (state) => state.hits) ?? [];
  return (
    <>
      <p role="status" className="px-3 py-1 text-xs text-ink-soft">{text('chat.search.found', { count: hits.length })}</p>
      <ul className="flex flex-col gap-0.5">
        {hits.map((hit) => (
          <li key={hit.chat}>
            <button
              type="button"
              onClick={() => {
                attempt(store.getState().open(hit.chat, hit.message));
                hide();
              }}
              className="w-full rounded-xl px-3 py-2 text-left text-sm transition-colors hover:bg-hover"
            >
              <span className="block truncate font-medium">{visibleText(hit.title)}</span>
              {hit.excerpt !== '' && <span className="line-clamp-2 text-xs break-words text-ink-soft">{visibleText(hit.excerpt)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
