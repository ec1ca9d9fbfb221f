import { Keyboard } from 'lucide-react';
import { useState } from 'react';
import { useShortcutList } from '../chat/shortcuts.js';
import { ShortcutsSheet } from '../chat/ShortcutsSheet.js';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { EngineLight } from './EngineLight.js';
import { Notices } from './Notices.js';
import { pages } from './pages.js';

/** The window: the navigation on the left, one page beside it, and what happened at the edge. */
export function Layout() {
  const text = useText();
  const [shown, setShown] = useState(pages[0]);
  const [listsKeys, setListsKeys] = useState(false);
  useShortcutList(() => setListsKeys(true));
  return (
    <div className="flex h-full flex-col-reverse sm:flex-row">
      <nav
        aria-label={text('nav.label')}
        className="flex shrink-0 items-center justify-center gap-1 border-t border-line bg-sunken p-2 sm:w-26 sm:flex-col
          sm:justify-start sm:border-t-0 sm:border-r sm:px-2 sm:py-4"
      >
        {pages.map((page) => (
          <button
            key={page.id}
            type="button"
            aria-current={page === shown ? 'page' : undefined}
            onClick={() => setShown(page)}
            className="flex min-w-16 flex-col sm:w-full items-center gap-1 rounded-xl px-2 py-2 text-xs text-ink-soft transition-colors
              hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium
              aria-[current=page]:text-accent"
          >
            <page.icon aria-hidden className="size-5" />
            {text(page.title)}
          </button>
        ))}
        <div className="flex flex-col items-center gap-3 sm:mt-auto">
          <IconButton icon={Keyboard} label={text('shortcut.title')} onPress={() => setListsKeys(true)} />
          <div className="hidden sm:block"><EngineLight /></div>
        </div>
      </nav>
      <main className="relative min-h-0 min-w-0 flex-1">{shown !== undefined && <shown.Page />}</main>
      <Notices />
      <ShortcutsSheet isOpen={listsKeys} close={() => setListsKeys(false)} />
    </div>
  );
}
