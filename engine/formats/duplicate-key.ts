const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * The first key that the outermost object of valid JSON holds twice, or null. `JSON.parse` keeps the last of two
 * without a word, so that what was checked and what another reader sees could differ.
 */
export function duplicateKey(json: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  let keyExpected = false;
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at);
    if (character === QUOTE) {
      const end = closingQuote(json, at);
      if (depth === 1 && keyExpected) {
        const key = JSON.parse(json.slice(at, end + 1)) as string;
        if (seen.has(key)) return key;
        seen.add(key);
        keyExpected = false;
      }
      at = end;
    } else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
      depth++;
      keyExpected = depth === 1;
    } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) {
      depth--;
    } else if (character === COMMA && depth === 1) {
      keyExpected = true;
    }
  }
  return null;
}

/** Index of the quote that ends the string which begins at `start`. */
function closingQuote(json: string, start: number): number {
  let at = start + 1;
  while (json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
