import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { useText } from '../messages/Text.js';
import { shortcutTable } from './shortcuts.js';

/** Keys that have a name of their own in each language. */
const namedKeys = { Ctrl: true, Enter: true, Shift: true };
type NamedKey = keyof typeof namedKeys;

/** The keys that do something. */
export function ShortcutsSheet({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const text = useText();
  const keyName = (key: string): string => (key in namedKeys ? text(`shortcut.key.${key as NamedKey}`) : key);
  return (
    <Sheet title={text('shortcut.title')} isOpen={isOpen} close={close}>
      <dl className="mb-4 flex flex-col gap-2 text-sm">
        {shortcutTable.map(({ keys, does }) => (
          <div key={does} className="flex items-center justify-between gap-4">
            <dt>{text(does)}</dt>
            <dd className="flex shrink-0 gap-1">
              {keys.map((key) => <kbd key={key} className="rounded-md border border-line-strong bg-sunken px-2 py-0.5 font-sans text-xs">{keyName(key)}</kbd>)}
            </dd>
          </div>
        ))}
      </dl>
      <div className="flex justify-end"><Button look="main" onPress={close}>{text('action.close')}</Button></div>
    </Sheet>
  );
}
