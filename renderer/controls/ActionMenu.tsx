import type { LucideIcon } from 'lucide-react';
import { Menu, MenuItem, MenuTrigger, Popover, type Key } from 'react-aria-components';
import { IconButton } from './IconButton.js';

export interface MenuAction {
  id: string;
  label: string;
  icon: LucideIcon;
  run: () => void;
  /** It takes something away. */
  isBad?: boolean;
}

/** The menu gives the keyboard back to its button as it closes: what an action brings up takes it after that. */
function onceClosed(run: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(run));
}

/** A button that opens a list of actions. */
export function ActionMenu({ label, icon, actions }: { label: string; icon: LucideIcon; actions: readonly MenuAction[] }) {
  const act = (id: Key): void => {
    const action = actions.find((one) => one.id === id);
    if (action !== undefined) onceClosed(action.run);
  };
  return (
    <MenuTrigger>
      <IconButton icon={icon} label={label} />
      <Popover className="min-w-48 rounded-xl border border-line bg-surface p-1 shadow-xl">
        <Menu aria-label={label} className="outline-none" onAction={act}>
          {actions.map(({ id, label: name, icon: Icon, isBad = false }) => (
            <MenuItem
              key={id}
              id={id}
              textValue={name}
              className={`flex cursor-default items-center gap-2.5 rounded-lg px-3 py-2 text-sm outline-none
                data-[focused]:bg-hover ${isBad ? 'text-bad' : ''}`}
            >
              <Icon aria-hidden className="size-4" />
              {name}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
