import { totalmem } from 'node:os';
import { app, Menu } from 'electron';
import type { AppSettings, SharingRules } from '../bridge-shapes/settings.js';
import type { EngineState } from '../bridge.js';
import { atRest, type EngineStanding } from '../engine-messages.js';
import { appMenu } from './app-menu.js';
import { openAtLogin } from './login-item.js';
import { Power } from './power.js';
import { decideSharing, mustStayAwake, type Sharing } from './sharing-policy.js';
import { AppTray } from './tray.js';
import { trayState } from './tray-state.js';
import { Updates } from './updates.js';
import { shellLanguage, shellWords, type ShellWords } from './tray-words.js';

/** What the shell needs of the rest of the app. */
export interface ShellParts {
  engine: { readonly state: EngineState; share: (sharing: Sharing) => void };
  settings: () => AppSettings;
  changeSettings: (change: Partial<AppSettings>) => Promise<unknown>;
  openWindow: () => void;
  /** Folder of the tray's icons. */
  icons: string;
}

/** What the app is without its window: the tray, and when this laptop shares and stays awake. */
export class Shell {
  #standing: EngineStanding = atRest;
  #tray: AppTray | null = null;
  #shared = '';
  #login: boolean | null = null;
  #menuWords: ShellWords | null = null;
  readonly #updates = new Updates(process.resourcesPath);
  readonly #power = new Power(() => this.update());

  constructor(private readonly parts: ShellParts) {}

  /** Call when the app is ready. */
  start(): void {
    const { openWindow, icons } = this.parts;
    const changeRules = (change: Partial<SharingRules>): void => {
      void this.parts.changeSettings({ sharing: { ...this.parts.settings().sharing, ...change } });
    };
    this.#tray = new AppTray(icons, { open: openWindow, changeRules, quit: () => app.quit() });
    this.#power.watch();
    this.update();
  }

  /** How the engine's work stands. */
  hear(standing: EngineStanding): void {
    this.#standing = standing;
    this.update();
  }

  /** The language that the shell speaks now. */
  get words(): ShellWords {
    return shellWords[shellLanguage(this.parts.settings().language, app.getLocale())];
  }

  /** Whether there is an address to ask for updates. */
  get updatesPossible(): boolean {
    return this.#updates.possible;
  }

  /** Follows whatever changed: settings, the engine, or how the laptop is powered. */
  update(): void {
    const { engine, settings } = this.parts;
    const { sharing: rules, openAtLogin: login, updates } = settings();
    const sharing = decideSharing(rules, this.#power.state);
    this.#power.stayAwake(mustStayAwake(sharing, this.#standing));
    this.#share(sharing);
    this.#followLogin(login);
    this.#updates.follow(updates);
    this.#speak(this.words);
    this.#tray?.show({ state: trayState(engine.state, this.#standing), rules, sharing, totalBytes: totalmem() }, this.words);
  }

  close(): void {
    this.#power.close();
  }

  #share(sharing: Sharing): void {
    const text = JSON.stringify(sharing);
    if (text !== this.#shared) this.parts.engine.share(sharing);
    this.#shared = text;
  }

  /** The window's menu in the language of now. */
  #speak(words: ShellWords): void {
    if (words === this.#menuWords) return;
    this.#menuWords = words;
    Menu.setApplicationMenu(Menu.buildFromTemplate(appMenu(words, process.platform)));
  }

  /** The system is told of a change only: what a person set there by hand stays. */
  #followLogin(login: boolean): void {
    if (this.#login !== null && login !== this.#login) void openAtLogin(login);
    this.#login = login;
  }
}
