import type { SettingsStore } from '../stores/settings-store.js';

/** Shows the chosen theme, or the system's, from now on. */
export function followTheme(store: SettingsStore): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const show = (): void => {
    const chosen = store.getState().settings?.theme ?? 'system';
    const dark = chosen === 'dark' || (chosen === 'system' && system.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  };
  system.addEventListener('change', show);
  store.subscribe(show);
  show();
}
