/** The origins of web pages that a person wrote, between commas or spaces; what is none is left out. */
export function originsIn(written: string): string[] {
  return written.split(/[\s,]+/).map(originOf).filter((origin) => origin !== null);
}

function originOf(address: string): string | null {
  try {
    const { origin } = new URL(address);
    return origin === 'null' ? null : origin;
  } catch {
    return null; // No address at all.
  }
}
