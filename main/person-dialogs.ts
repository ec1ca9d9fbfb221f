import { clipboard, dialog, shell, type BrowserWindow } from 'electron';
import type { PersonDialogs } from './chat-calls.js';
import { openLink } from './shell/open-link.js';
import type { ShellWords } from './shell/tray-words.js';

/** The system's own dialogs: the page can neither draw them nor answer them. */
export function personDialogs(window: () => BrowserWindow | null, words: () => ShellWords): PersonDialogs {
  const agree = async (address: string): Promise<boolean> => {
    const parent = window();
    const { openLink: ask, openLinkYes, cancel } = words();
    const options = {
      type: 'question' as const, message: ask(new URL(address).host), detail: address, buttons: [openLinkYes, cancel], cancelId: 1,
      defaultId: 1, noLink: true,
    };
    const { response } = parent === null ? await dialog.showMessageBox(options) : await dialog.showMessageBox(parent, options);
    return response === 0;
  };
  return {
    copyText: (text) => void clipboard.writeText(text),
    you: () => words().you,
    askWhereToSave: async (name) => {
      const parent = window();
      const options = { defaultPath: name };
      const answer = parent === null ? await dialog.showSaveDialog(options) : await dialog.showSaveDialog(parent, options);
      return answer.canceled || answer.filePath === '' ? null : answer.filePath;
    },
    offerLink: (url) => openLink(url, { agree, open: (address) => shell.openExternal(address) }),
  };
}
