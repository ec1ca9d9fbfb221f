export type PlainValue =
  | string | number | boolean | null | readonly PlainValue[] | { readonly [key: string]: PlainValue };

/**
 * The one JSON text of a value: keys in code unit order, no white space. Two devices that hold the same value sign and
 * hash the same bytes. Throws TypeError for what has no such text (fractions, `undefined`).
 */
export function canonicalJson(value: PlainValue): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} has no canonical form`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`${typeof value} has no canonical form`);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}
