import { useEffect, useRef } from 'react';
import type { MessageKey } from '../messages/languages.js';

/** What can be done by keyboard from anywhere on the chat page. */
export interface ShortcutActions {
  newChat: () => void;
  stop: () => void;
  settings: () => void;
  shortcuts: () => void;
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
];

/** Fields that shortcuts lead to carry these ids. */
export const searchFieldId = 'chat-search';
export const promptFieldId = 'chat-prompt';

const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function actionFor(event: KeyboardEvent, actions: ShortcutActions): (() => void) | null {
  if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return null;
  const { key } = event;
  if (event.altKey) {
    if (key === 'ArrowUp') return () => actions.neighbour(-1);
    return key === 'ArrowDown' ? () => actions.neighbour(1) : null;
  }
  if (mac ? event.metaKey : event.ctrlKey) {
    const byKey: Record<string, (() => void) | undefined> = {
      n: actions.newChat, ',': actions.settings, '/': actions.shortcuts,
      k: () => document.getElementById(searchFieldId)?.focus(),
      l: () => document.getElementById(promptFieldId)?.focus(),
    };
    return byKey[key.toLowerCase()] ?? null;
  }
  if (key === 'Escape') return actions.stop;
  return key === '?' && !isTextField(event.target) ? actions.shortcuts : null;
}

/** Hears the shortcuts while the page is shown. */
export function useShortcuts(actions: ShortcutActions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent): void => {
      const action = event.defaultPrevented || event.isComposing ? null : actionFor(event, latest.current);
      if (action === null) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);
}
