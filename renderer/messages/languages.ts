import type { ShownCode } from '../../engine/saying.js';
import de from './de.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import sayingsDe from './sayings.de.json' with { type: 'json' };
import sayingsEn from './sayings.en.json' with { type: 'json' };

export type Language = 'en' | 'de';
export type MessageKey = keyof typeof en;

/** Every sentence of the window, by language. */
export const catalogues: Record<Language, Record<MessageKey, string>> = { en, de };

/** The sentences that the engine and main say through the window, by language and code. */
export const sayingCatalogues: Record<Language, Record<ShownCode, string>> = { en: sayingsEn, de: sayingsDe };

/** All of it, as one catalogue a language: codes are in upper case and keys are not. */
export const messagesIn: Record<Language, Record<string, string>> = {
  en: { ...catalogues.en, ...sayingCatalogues.en }, de: { ...catalogues.de, ...sayingCatalogues.de },
};

/** The language to show: the chosen one, or the first of the system's that there is a catalogue for. */
export function languageToShow(chosen: 'system' | Language, systemLanguages: readonly string[]): Language {
  if (chosen !== 'system') return chosen;
  const known = systemLanguages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in catalogues);
  return known === 'de' ? 'de' : 'en';
}
