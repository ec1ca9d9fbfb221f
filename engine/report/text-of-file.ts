import { readFileSync } from 'node:fs';

/** What a file of the system says; nothing where there is no such file. */
export function textOfFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
