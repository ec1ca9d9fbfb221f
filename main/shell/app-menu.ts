import type { MenuItemConstructorOptions } from 'electron';
import type { ShellWords } from './tray-words.js';

/** The menu of the app's window, in the app's language: Electron's own is English, and offers what is not for people. Pure. */
export function appMenu({ menu, quit }: ShellWords, platform: NodeJS.Platform): MenuItemConstructorOptions[] {
  const close: MenuItemConstructorOptions = { role: 'close', label: menu.close };
  const end: MenuItemConstructorOptions = { role: 'quit', label: quit };
  const line: MenuItemConstructorOptions = { type: 'separator' };
  return [
    platform === 'darwin'
      ? { label: 'Hearth', submenu: [{ role: 'hide', label: menu.hide }, close, line, end] }
      : { label: menu.file, submenu: [close, line, end] },
    {
      label: menu.edit,
      submenu: [
        { role: 'undo', label: menu.undo }, { role: 'redo', label: menu.redo }, line,
        { role: 'cut', label: menu.cut }, { role: 'copy', label: menu.copy }, { role: 'paste', label: menu.paste },
        { role: 'selectAll', label: menu.selectAll },
      ],
    },
    {
      label: menu.view,
      submenu: [
        { role: 'resetZoom', label: menu.actualSize }, { role: 'zoomIn', label: menu.zoomIn }, { role: 'zoomOut', label: menu.zoomOut }, line,
        { role: 'togglefullscreen', label: menu.fullScreen },
      ],
    },
  ];
}
