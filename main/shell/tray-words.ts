import type { Sharing } from './sharing-policy.js';
import type { TrayState } from './tray-state.js';

/** Everything the tray, the window's menu and the app's own dialogs say, in one language. */
export interface ShellWords {
  state: Record<TrayState, string>;
  notSharing: Record<NonNullable<Sharing['reason']>, string>;
  open: string;
  pause: string;
  memory: string;
  noLimit: string;
  /** A share of this laptop's memory, e.g. "8.0 GB (50%)". */
  amount: (gigabytes: number, percent: number) => string;
  quit: string;
  /** Asked before a link is opened. */
  openLink: (host: string) => string;
  openLinkYes: string;
  cancel: string;
  /** Whose words are the person's, in an exported chat. */
  you: string;
  /** The window's menu (`app-menu.ts`). */
  menu: Record<
    'file' | 'hide' | 'close' | 'edit' | 'undo' | 'redo' | 'cut' | 'copy' | 'paste' | 'selectAll' | 'view' | 'actualSize' | 'zoomIn' | 'zoomOut'
    | 'fullScreen', string
  >;
}

export const shellWords: Record<'en' | 'de', ShellWords> = {
  en: {
    state: {
      idle: 'Ready to help', working: 'Working on an answer', master: 'Leads the home', trouble: 'Needs your attention',
    },
    notSharing: {
      paused: 'Sharing is paused', battery: 'Not sharing while on battery', lid: 'Not sharing while the lid is closed',
    },
    open: 'Open Hearth',
    pause: 'Pause sharing',
    memory: 'Memory to share',
    noLimit: 'No limit',
    amount: (gigabytes, percent) => `${gigabytes.toFixed(1)} GB (${percent}%)`,
    quit: 'Quit Hearth',
    openLink: (host) => `Open ${host} in your browser?`,
    openLinkYes: 'Open',
    cancel: 'Cancel',
    you: 'You',
    menu: {
      file: 'File', hide: 'Hide Hearth', close: 'Close window', edit: 'Edit', undo: 'Undo', redo: 'Redo', cut: 'Cut', copy: 'Copy',
      paste: 'Paste', selectAll: 'Select all', view: 'View', actualSize: 'Actual size', zoomIn: 'Zoom in', zoomOut: 'Zoom out',
      fullScreen: 'Full screen',
    },
  },
  de: {
    state: {
      idle: 'Bereit zu helfen', working: 'Arbeitet an einer Antwort', master: 'Führt das Zuhause', trouble: 'Braucht Ihre Aufmerksamkeit',
    },
    notSharing: {
      paused: 'Teilen ist angehalten', battery: 'Teilt nicht im Akkubetrieb', lid: 'Teilt nicht bei geschlossenem Deckel',
    },
    open: 'Hearth öffnen',
    pause: 'Teilen anhalten',
    memory: 'Geteilter Speicher',
    noLimit: 'Keine Grenze',
    amount: (gigabytes, percent) => `${gigabytes.toFixed(1).replace('.', ',')} GB (${percent} %)`,
    quit: 'Hearth beenden',
    openLink: (host) => `${host} im Browser öffnen?`,
    openLinkYes: 'Öffnen',
    cancel: 'Abbrechen',
    you: 'Sie',
    menu: {
      file: 'Datei', hide: 'Hearth ausblenden', close: 'Fenster schließen', edit: 'Bearbeiten', undo: 'Rückgängig', redo: 'Wiederholen',
      cut: 'Ausschneiden', copy: 'Kopieren', paste: 'Einfügen', selectAll: 'Alles auswählen', view: 'Ansicht', actualSize: 'Originalgröße',
      zoomIn: 'Vergrößern', zoomOut: 'Verkleinern', fullScreen: 'Vollbild',
    },
  },
};

/** The language to speak: the one chosen, else the system's where it is one of ours. Pure. */
export function shellLanguage(chosen: 'system' | 'en' | 'de', systemLocale: string): 'en' | 'de' {
  if (chosen !== 'system') return chosen;
  return systemLocale.toLowerCase().startsWith('de') ? 'de' : 'en';
}
