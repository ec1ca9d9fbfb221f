import { join } from 'node:path';
import { app, ipcMain, protocol, session, type BrowserWindow } from 'electron';
import { sayingOf } from '../engine/errors.js';
import type { Saying } from '../engine/saying.js';
import { handleBridgeCalls, sendToWindow } from './bridge-handlers.js';
import type { BridgeEvent, EventName } from './bridge.js';
import { ChatAnswers } from './chat-answers.js';
import { chatCalls } from './chat-calls.js';
import { ConversationStore } from './conversations/conversation-store.js';
import { DraftFile } from './conversations/draft-file.js';
import { EngineProcess } from './engine-process.js';
import { guideIfThere } from './guide-model.js';
import { homeCalls } from './home/home-calls.js';
import { HomeMemory, homeSettings } from './home/home-view.js';
import { machineCalls } from './machine-calls.js';
import { appModels } from './models/app-models.js';
import { askForFolder, askForModel } from './models/ask-for-model.js';
import { personDialogs } from './person-dialogs.js';
import { SettingsFile } from './settings-file.js';
import { desktopFlags } from './shell/desktop-flags.js';
import { startedAtLogin } from './shell/login-item.js';
import { Shell } from './shell/shell.js';
import { pageScheme, servePage } from './window-page.js';
import { confine, isFrom, openWindow, refuseForeignRequests, refusePermissions } from './window.js';

/** The desktop app, as a boot list. This file is bundled as CommonJS: everything else stands beside it in `out/desktop`. */
const built = join(app.getAppPath(), 'out', 'desktop');
const flags = desktopFlags(process.argv.slice(1));
let window: BrowserWindow | null = null;

function tell<Name extends EventName>(name: Name, event: BridgeEvent<Name>): void {
  if (window !== null && !window.isDestroyed()) sendToWindow(window.webContents, name, event);
}

const trouble = (said: Saying): void => tell('trouble', said);

/** Shows the window, and makes it where there is none. Closing it ends the window only: the app goes on in the tray. */
function open(): void {
  if (window === null || window.isDestroyed()) {
    window = openWindow(join(built, 'main', 'preload.js'));
    return;
  }
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

const data = app.getPath('userData');
const settings = new SettingsFile(join(data, 'settings.json'), (changed) => {
  tell('settings', changed);
  tell('models', null);
  shell.update();
  configure();
});
const entries = { engine: join(built, 'main', 'engine-utility.js'), node: join(built, 'main', 'node-utility.js') };
const engine = new EngineProcess(entries, flags, {
  answer: (event) => answers.hear(event),
  state: (state) => {
    tell('engine', state);
    shell.update();
  },
  standing: (standing) => shell.hear(standing),
  news: (news) => {
    if (news.kind === 'pauseWanted') return void keepPaused(news.paused);
    memory.hear(news);
    if (news.kind === 'home' || news.kind === 'node') tell('home', { state: memory.view, problem: memory.problem });
    else if (news.kind === 'pairing') tell('pairing', memory.pairing);
    else tell('api', memory.api);
  },
});
const memory = new HomeMemory();
const guide = guideIfThere();
const modelInUse = (): string | null => settings.settings.model ?? flags.modelPath ?? guide;
const models = appModels({
  data, settings, memory, guide, trouble, inUse: modelInUse,
  askForModel: () => askForModel(window),
  onChange: () => tell('models', null),
});

/** Another laptop of the home may want it too. */
async function keepPaused(paused: boolean): Promise<void> {
  try {
    await settings.change({ sharing: { ...settings.settings.sharing, paused } });
  } catch (error) {
    trouble(sayingOf(error));
  }
}

function configure(): void {
  engine.configure(homeSettings(settings.settings, flags.modelPath, guide));
}

const store = new ConversationStore(join(data, 'chats'));
const answers = new ChatAnswers(store, engine, { answer: (event) => tell('answer', event), trouble });
const shell = new Shell({
  engine,
  settings: () => settings.settings,
  changeSettings: (change) => settings.change(change),
  openWindow: open,
  icons: join(built, 'tray'),
});

function start(): void {
  refusePermissions(session.defaultSession);
  refuseForeignRequests(session.defaultSession);
  servePage(protocol, join(built, 'renderer'));
  handleBridgeCalls(ipcMain, (event) => isFrom(window, event), {
    ...chatCalls(store, new DraftFile(join(data, 'drafts.json')), answers, personDialogs(() => window, () => shell.words), () => settings.settings.prefix),
    ...homeCalls(engine, memory),
    ...models.calls,
    ...machineCalls({
      memory, plans: models.plans, model: modelInUse, askForFolder: () => askForFolder(window),
      places: () => ({ modelsFolder: models.folder(), chatsFolder: join(data, 'chats'), updates: shell.updatesPossible }),
    }),
    engineState: () => engine.state,
    settings: () => settings.settings,
  });
  engine.start();
  configure();
  shell.start();
  models.resume();
  if (!flags.hidden && !startedAtLogin()) open();
  app.on('activate', open);
  app.on('second-instance', open);
}

/** The engine says goodbye to its home before the app is gone; asked twice, the app does not wait twice. */
let leaving: Promise<void> | null = null;
let left = false;
function leave(event: Electron.Event): void {
  if (left) return;
  event.preventDefault();
  leaving ??= engine.close().finally(() => {
    left = true;
    shell.close();
    app.quit();
  });
}

protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true } }]);
// Every page is sandboxed by its window's settings too; as root Chromium runs only without, and then it must be said on the command line.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
if (app.requestSingleInstanceLock()) {
  app.on('web-contents-created', (_event, contents) => confine(contents));
  // Without a listener, the last window would take the app along.
  app.on('window-all-closed', () => undefined);
  app.on('before-quit', leave);
  void app.whenReady().then(start);
} else {
  app.quit();
}
