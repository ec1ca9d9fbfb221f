import { useEffect, useRef } from 'react';
import type { MessageKey } from '../messages/languages.js';

/** What can be done by keyboard from anywhere on the chat page. */
export interface ShortcutActions {
  newChat: () => void;
  stop: () => void;
  settings: () => void;
  neighbour: (step: 1 | -1) => void;
}

const mac = navigator.userAgent.includes('Mac OS');
const control = mac ? '⌘' : 'Ctrl';

/** Shown by `?`: keys, and what they do. */
export const shortcutTable: readonly { keys: readonly string[]; does: MessageKey }[] = [
  { keys: ['Enter'], does: 'shortcut.send' },
  { keys: ['Shift', 'Enter'], does: 'shortcut.line' },
  { keys: ['Esc'], does: 'shortcut.stop' },
  { keys: [control, 'N'], does: 'shortcut.new' },
  { keys: [control, 'K'], does: 'shortcut.search' },
  { keys: [control, 'L'], does: 'shortcut.write' },
  { keys: [control, ','], does: 'shortcut.settings' },
  { keys: ['Alt', '↑'], does: 'shortcut.previous' },
  { keys: ['Alt', '↓'], does: 'shortcut.next' },
  { keys: ['?'], does: 'shortcut.list' },
  { keys: [control, '/'], does: 'shortcut.list.writing' },
];

/** Fields that shortcuts lead to carry these ids. */
export const searchFieldId = 'chat-search';
export const promptFieldId = 'chat-prompt';

/** Where a key is a letter that somebody writes. */
const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement ? !/^(?:button|checkbox|radio|range)$/.test(target.type)
  : target instanceof HTMLElement && (target.isContentEditable || /^(?:TEXTAREA|SELECT)$/.test(target.tagName));

const isControl = (event: KeyboardEvent): boolean => (mac ? event.metaKey : event.ctrlKey);

type Action = () => void;

function actionFor(event: KeyboardEvent, actions: ShortcutActions): Action | null {
  const { key } = event;
  if (event.altKey) {
    if (key === 'ArrowUp') return () => actions.neighbour(-1);
    return key === 'ArrowDown' ? () => actions.neighbour(1) : null;
  }
  if (isControl(event)) {
    const byKey: Record<string, Action | undefined> = {
      n: actions.newChat, ',': actions.settings,
      k: () => document.getElementById(searchFieldId)?.focus(),
      l: () => document.getElementById(promptFieldId)?.focus(),
    };
    return byKey[key.toLowerCase()] ?? null;
  }
  return key === 'Escape' ? actions.stop : null;
}

/** Hears the shortcuts while the chat page is shown. */
export function useShortcuts(actions: ShortcutActions): void {
  useKeys((event) => actionFor(event, actions));
}

/** Hears what lists the shortcuts, on any page. */
export function useShortcutList(show: Action): void {
  useKeys((event) => {
    const asks = isControl(event) ? event.key === '/' : event.key === '?' && !isTextField(event.target);
    return asks ? show : null;
  });
}

/** Does what `actionFor` says of each key that nothing else has taken; what lies over the page takes them all. */
function useKeys(actionFor: (event: KeyboardEvent) => Action | null): void {
  const latest = useRef(actionFor);
  useEffect(() => {
    latest.current = actionFor;
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || document.querySelector('[role="dialog"], [role="menu"]') !== null) return;
      const action = latest.current(event);
      if (action === null) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);
}
