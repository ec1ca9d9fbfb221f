import de from './de.json';
import en from './en.json';

export type Language = 'en' | 'de';
export type MessageKey = keyof typeof en;

/** Every sentence of the window, by language. */
export const catalogues: Record<Language, Record<MessageKey, string>> = { en, de };

/** The language to show: the chosen one, or the first of the system's that there is a catalogue for. */
export function languageToShow(chosen: 'system' | Language, systemLanguages: readonly string[]): Language {
  if (chosen !== 'system') return chosen;
  const known = systemLanguages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in catalogues);
  return known === 'de' ? 'de' : 'en';
}
