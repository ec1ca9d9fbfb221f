import { BrowserWindow, type IpcMainInvokeEvent, type Session, type WebContents } from 'electron';
import { pageOrigin } from './window-page.js';

/** The page asks for no camera, no place, no notifications: whatever asks is refused. */
export function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** The page needs nothing from anywhere: what its policy does not stop already is stopped here. */
export function refuseForeignRequests(session: Session): void {
  const own = [`${pageOrigin}/`, 'data:', 'blob:', 'devtools:'];
  session.webRequest.onBeforeRequest(({ url }, decide) => decide({ cancel: !own.some((start) => url.startsWith(start)) }));
}

/** The page stays where it is: it opens no windows, goes nowhere, and embeds nothing. */
export function confine(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.isMainFrame || event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Opens the app's window. */
export function openWindow(preload: string): BrowserWindow {
  const window = new BrowserWindow({
    width: 900,
    height: 700,
    minWidth: 420,
    minHeight: 320,
    title: 'Hearth',
    webPreferences: { preload, contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false },
  });
  void window.loadURL(`${pageOrigin}/`);
  return window;
}

/** True for a call from the top frame of `window` while it shows the app's page. */
export function isFrom(window: BrowserWindow | null, event: IpcMainInvokeEvent): boolean {
  if (window === null || window.isDestroyed() || event.sender !== window.webContents) return false;
  const frame = event.senderFrame;
  return frame !== null && frame === window.webContents.mainFrame && frame.url.startsWith(`${pageOrigin}/`);
}
