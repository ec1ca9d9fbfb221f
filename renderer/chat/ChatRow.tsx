import { FileJson, FileText, MoreHorizontal, Pencil, Trash2 } from 'lucide-react';
import { memo, useState } from 'react';
import type { ChatSummary } from '../../main/bridge-shapes/conversation.js';
import { ActionMenu, type MenuAction } from '../controls/ActionMenu.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { visibleText } from './markdown/visible-text.js';
import { useExport } from './use-export.js';

/** One chat in the list. */
export const ChatRow = memo(function ChatRow({ chat, opened }: { chat: ChatSummary; opened: () => void }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const isShown = useStored('chat', (state) => state.chat.id === chat.id);
  const [renaming, setRenaming] = useState(false);
  const actions = useRowActions(chat, () => setRenaming(true));
  const open = (): void => {
    attempt(store.getState().open(chat.id));
    opened();
  };
  if (renaming) return <RenameField chat={chat} done={() => setRenaming(false)} />;
  return (
    <li className={`group flex items-center rounded-xl transition-colors ${isShown ? 'bg-hover' : 'hover:bg-hover'}`}>
      <button
        type="button"
        aria-current={isShown ? 'true' : undefined}
        onClick={open}
        className={`min-w-0 flex-1 truncate rounded-xl px-3 py-2 text-left text-sm ${isShown ? 'font-medium' : ''}`}
      >
        {visibleText(chat.title)}
      </button>
      <div className={isShown ? '' : 'opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100'}>
        <ActionMenu icon={MoreHorizontal} label={text('chat.actions.of', { title: chat.title })} actions={actions} />
      </div>
    </li>
  );
});

function useRowActions(chat: ChatSummary, rename: () => void): MenuAction[] {
  const text = useText();
  const { chat: store, notices, attempt } = useStores();
  const exportChat = useExport();
  const remove = async (): Promise<void> => {
    await store.getState().remove(chat.id);
    const undo = { key: 'action.undo', run: () => attempt(store.getState().restore(chat.id)) };
    notices.getState().show({ text: { key: 'chat.deleted', values: { title: chat.title } }, tone: 'calm', action: undo });
  };
  return [
    { id: 'rename', label: text('chat.rename'), icon: Pencil, run: rename },
    { id: 'markdown', label: text('chat.export.markdown'), icon: FileText, run: () => exportChat(chat.id, 'markdown') },
    { id: 'json', label: text('chat.export.json'), icon: FileJson, run: () => exportChat(chat.id, 'json') },
    { id: 'delete', label: text('chat.delete'), icon: Trash2, run: () => attempt(remove()), isBad: true },
  ];
}

function RenameField({ chat, done }: { chat: ChatSummary; done: () => void }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const [title, setTitle] = useState(chat.title);
  const keep = (): void => {
    if (title !== chat.title) attempt(store.getState().rename(chat.id, title));
    done();
  };
  return (
    <li>
      <input
        aria-label={text('chat.title.label')}
        value={title}
        autoFocus
        onFocus={(event) => event.target.select()}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === 'Enter') keep();
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          done();
        }}
        className="w-full rounded-xl border border-accent bg-surface px-3 py-2 text-sm"
      />
    </li>
  );
}
