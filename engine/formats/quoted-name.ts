const LONGEST = 80;

/** A name found in a file, safe to show in one line of a terminal: quoted, shortened, without control characters. */
export function quotedName(name: string): string {
  const shown = name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  // Directional marks are left out too: they would reorder the sentence around them.
  return `"${shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')}"`;
}
