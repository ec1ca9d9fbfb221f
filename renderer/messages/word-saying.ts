import type { IntlShape } from 'react-intl';
import type { Saying, Value } from '../../engine/saying.js';
import { amountsIn } from './use-amounts.js';

type Words = Pick<IntlShape, 'messages' | 'formatMessage' | 'formatNumber'>;

/**
 * What is said, in the language of `intl`. A saying whose code this window does not know, or that lacks a value, comes from another
 * version of Hearth: its English sentence is shown.
 */
export function wordSaying(intl: Words, said: Saying): string {
  const message = intl.messages[said.code];
  if (typeof message !== 'string' || !placesIn(message).every((place) => place in said.values)) return said.sentence;
  const values = Object.entries(said.values).map(([place, value]) => [place, wordValue(intl, value)] as const);
  return intl.formatMessage({ id: said.code }, Object.fromEntries(values));
}

/** The names of the places of a message. */
export function placesIn(message: string): string[] {
  return [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name!))];
}

function wordValue(intl: Words, value: Value): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if ('bytes' in value) return amountsIn(intl).bytes(value.bytes);
  if ('seconds' in value) return amountsIn(intl).seconds(value.seconds);
  return value.map((item) => (typeof item === 'string' ? item : wordSaying(intl, item))).join(', ');
}
