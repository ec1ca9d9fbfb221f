import type { MenuItemConstructorOptions } from 'electron';
import type { SharingRules } from '../bridge-shapes/settings.js';
import type { Sharing } from './sharing-policy.js';
import type { TrayState } from './tray-state.js';
import type { ShellWords } from './tray-words.js';

/** What the menu's items do. */
export interface TrayActions {
  open: () => void;
  changeRules: (change: Partial<SharingRules>) => void;
  quit: () => void;
}

export interface TrayView {
  state: TrayState;
  rules: SharingRules;
  sharing: Sharing;
  /** This laptop's whole memory, in bytes. */
  totalBytes: number;
}

const offeredPercents = [25, 50, 75] as const;
const gigabyte = 2 ** 30;

/** The one line that says how things stand: the tooltip, and the menu's first line. Pure. */
export function trayLine({ state, sharing }: Pick<TrayView, 'state' | 'sharing'>, words: ShellWords): string {
  return sharing.reason !== null && state === 'idle' ? words.notSharing[sharing.reason] : words.state[state];
}

/** The tray's menu. Pure: Electron makes it from this. */
export function trayMenu(view: TrayView, words: ShellWords, actions: TrayActions): MenuItemConstructorOptions[] {
  const { rules, totalBytes } = view;
  const offers = offeredPercents.map((percent) => ({ percent, bytes: Math.floor((totalBytes * percent) / 100) }));
  return [
    { label: trayLine(view, words), enabled: false },
    { type: 'separator' },
    { label: words.open, click: actions.open },
    {
      label: words.pause, type: 'checkbox', checked: rules.paused,
      click: () => actions.changeRules({ paused: !rules.paused }),
    },
    {
      label: words.memory,
      submenu: [
        ...offers.map(({ percent, bytes }): MenuItemConstructorOptions => ({
          label: words.amount(bytes / gigabyte, percent), type: 'radio', checked: rules.memoryBytes === bytes,
          click: () => actions.changeRules({ memoryBytes: bytes }),
        })),
        {
          label: words.noLimit, type: 'radio', checked: rules.memoryBytes === null,
          click: () => actions.changeRules({ memoryBytes: null }),
        },
      ],
    },
    { type: 'separator' },
    { label: words.quit, click: actions.quit },
  ];
}
