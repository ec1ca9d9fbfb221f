import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { app, BrowserWindow, ipcMain, protocol, session } from 'electron';
import { handleBridgeCalls, sendToWindow } from './bridge-handlers.js';
import type { BridgeEvent, EventName } from './bridge.js';
import type { EngineSettings } from './engine-messages.js';
import { EngineProcess } from './engine-process.js';
import { SettingsFile } from './settings-file.js';
import { pageScheme, servePage } from './window-page.js';
import { confine, isFrom, openWindow, refusePermissions } from './window.js';

/** The desktop app, as a boot list. This file is bundled as CommonJS: everything else stands beside it in `out/desktop`. */
const built = join(app.getAppPath(), 'out', 'desktop');
let window: BrowserWindow | null = null;

function tell<Name extends EventName>(name: Name, event: BridgeEvent<Name>): void {
  if (window !== null && !window.isDestroyed()) sendToWindow(window.webContents, name, event);
}

function engineSettings(): EngineSettings {
  const options = { 'model-path': { type: 'string' } } as const;
  // Chromium's own switches stand among ours, so unknown ones are none of our business.
  const { values } = parseArgs({ args: process.argv.slice(1), options, strict: false, allowPositionals: true });
  const modelPath = values['model-path'];
  return { modelPath: typeof modelPath === 'string' ? modelPath : null };
}

function open(): void {
  window = openWindow(join(built, 'main', 'preload.js'));
}

function start(): void {
  refusePermissions(session.defaultSession);
  servePage(protocol, join(built, 'renderer'));
  const engine = new EngineProcess(join(built, 'main', 'engine-utility.js'), engineSettings(), {
    answer: (event) => tell('answer', event),
    state: (state) => tell('engine', state),
  });
  const settings = new SettingsFile(join(app.getPath('userData'), 'settings.json'), (changed) => tell('settings', changed));
  handleBridgeCalls(ipcMain, (event) => isFrom(window, event), {
    ask: ({ answer, prompt }) => (engine.ask(answer, prompt), null),
    stop: ({ answer }) => (engine.stop(answer), null),
    engineState: () => engine.state,
    settings: () => settings.settings,
    changeSettings: (changes) => settings.change(changes),
  });
  engine.start();
  open();
  app.on('activate', () => BrowserWindow.getAllWindows().length === 0 && open());
  app.on('before-quit', () => engine.close());
}

protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true } }]);
// Every page is sandboxed by its window's settings too; as root Chromium runs only without, and then it must be said on the command line.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
app.on('web-contents-created', (_event, contents) => confine(contents));
app.on('window-all-closed', () => process.platform !== 'darwin' && app.quit());
void app.whenReady().then(start);
