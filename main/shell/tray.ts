import { join } from 'node:path';
import { Menu, nativeImage, Tray } from 'electron';
import { trayLine, trayMenu, type TrayActions, type TrayView } from './tray-menu.js';
import type { ShellWords } from './tray-words.js';

/** The app's icon beside the clock, for as long as the app lives. */
export class AppTray {
  readonly #tray: Tray;
  #shown = '';

  /** @param folder where the icons lie: `<state>.png` and, for macOS, `<state>Template.png` */
  constructor(
    private readonly folder: string,
    private readonly actions: TrayActions,
  ) {
    this.#tray = new Tray(this.#icon('idle'));
    this.#tray.on('click', actions.open);
  }

  /** Shows how things stand now; what is shown already is left alone, since a new menu closes an open one. */
  show(view: TrayView, words: ShellWords): void {
    const shown = JSON.stringify([view, words.open]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setImage(this.#icon(view.state));
    this.#tray.setToolTip(`Hearth: ${trayLine(view, words)}`);
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayMenu(view, words, this.actions)));
  }

  #icon(state: TrayView['state']): Electron.NativeImage {
    // macOS colours a template image itself, for light and dark bars.
    const suffix = process.platform === 'darwin' ? 'Template' : '';
    return nativeImage.createFromPath(join(this.folder, `${state}${suffix}.png`));
  }
}
