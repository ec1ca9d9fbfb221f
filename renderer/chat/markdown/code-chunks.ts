const mostLines = 60;
const mostCharacters = 4_000;

/**
 * Cuts code into pieces of so many lines: a long program is coloured piece by piece, and while it grows only the last
 * one again. All but the last stay as they are when text is added. Each but the last ends with its line break.
 */
export function codeChunks(code: string): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < code.length; ) {
    let end = start;
    for (let lines = 0; lines < mostLines && end < code.length && end - start < mostCharacters; lines++) {
      const next = code.indexOf('\n', end);
      end = next === -1 ? code.length : next + 1;
    }
    // A line of its own length is cut where it must be.
    end = Math.min(end, start + 2 * mostCharacters);
    chunks.push(code.slice(start, end));
    start = end;
  }
  return chunks;
}
