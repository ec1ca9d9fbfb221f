import { useIntl } from 'react-intl';
import type { Saying } from '../../engine/saying.js';
import { wordSaying } from './word-saying.js';

/** The function that words what main or the engine says, one saying or several, in the chosen language. */
export function useSaid(): (said: Saying | readonly Saying[]) => string {
  const intl = useIntl();
  return (said) => ('code' in said ? [said] : said).map((one) => wordSaying(intl, one)).join(' ');
}
