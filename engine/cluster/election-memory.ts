import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { standingShape } from '../wire/standing.js';
import type { Remembered } from './election.js';
import { noPin } from './election-standing.js';

const stored = standingShape.pick({ promised: true, pin: true });

/** What the last run of this node promised. A file that is missing or damaged is an empty memory: terms begin anew. */
export function recallElection(file: string): Remembered {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Whoever forgot its promises has a new boot as well, so none of its earlier claims can be taken for a present one.
    return { promised: null, pin: noPin };
  }
}

/** Stores it before it returns: what this step says may be sent only afterwards. Throws what the file system throws. */
export function rememberElection(file: string, remembered: Remembered): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileAtomic.sync(file, `${JSON.stringify(remembered)}\n`, { mode: 0o600 });
}
