import { FileJson, FileText, MoreHorizontal, PanelLeft, SlidersHorizontal } from 'lucide-react';
import { ActionMenu } from '../controls/ActionMenu.js';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { visibleText } from './markdown/visible-text.js';
import { useExport } from './use-export.js';

interface ChatHeaderProps {
  showList: () => void;
  showSettings: () => void;
}

/** The chat's title, and what can be done with it. */
export function ChatHeader({ showList, showSettings }: ChatHeaderProps) {
  const text = useText();
  const { chat: store } = useStores();
  const title = useStored('chat', (state) => state.chat.title);
  const isBegun = useStored('chat', (state) => state.chat.createdAt > 0);
  const exportChat = useExport();
  const exported = (format: 'markdown' | 'json') => () => exportChat(store.getState().chat.id, format);
  const actions = [
    { id: 'markdown', label: text('chat.export.markdown'), icon: FileText, run: exported('markdown') },
    { id: 'json', label: text('chat.export.json'), icon: FileJson, run: exported('json') },
  ];
  return (
    <header className="flex min-h-14 items-center gap-1 border-b border-line px-3 py-2 sm:px-4">
      <div className="md:hidden"><IconButton icon={PanelLeft} label={text('chat.list.show')} onPress={showList} /></div>
      <h1 className="min-w-0 flex-1 truncate px-1 text-base font-semibold">{visibleText(title) || text('chat.new.title')}</h1>
      <IconButton icon={SlidersHorizontal} label={text('chat.settings.title')} onPress={showSettings} />
      {isBegun && <ActionMenu icon={MoreHorizontal} label={text('chat.actions')} actions={actions} />}
    </header>
  );
}
