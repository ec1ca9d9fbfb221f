import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { app } from 'electron';
import writeFileAtomic from 'write-file-atomic';

/** Has the app started in the tray when its person logs in, or no more. */
export async function openAtLogin(open: boolean): Promise<void> {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: open, args: ['--hidden'] });
    return;
  }
  const file = join(app.getPath('appData'), 'autostart', 'hearth.desktop');
  if (!open) return rm(file, { force: true });
  await mkdir(dirname(file), { recursive: true });
  // An AppImage runs from a folder that is another one each time.
  await writeFileAtomic(file, autostartEntry(process.env['APPIMAGE'] ?? process.execPath));
}

/** Whether the system started the app at login: on macOS there is no flag that could say so. */
export function startedAtLogin(): boolean {
  return process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin;
}

/** The freedesktop entry that starts `program` in the tray. Pure. */
export function autostartEntry(program: string): string {
  // Quoted as the Desktop Entry Specification asks: inside quotes, these four are escaped, and then the backslashes again.
  const quoted = program.replace(/["`$\\]/g, '\\$&').replaceAll('\\', '\\\\').replaceAll('%', '%%');
  return ['[Desktop Entry]', 'Type=Application', 'Name=Hearth', `Exec="${quoted}" --hidden`, 'X-GNOME-Autostart-enabled=true', ''].join('\n');
}
