import { changeShape, type Change } from '../bridge-shapes/conversation.js';
import { crc32 } from './crc32.js';

/**
 * A chat's file: one change a line, each a JSON array of its checksum and the change, so that a flipped bit is noticed
 * wherever it is. Lines are only ever added.
 */

const lineStart = /^\["([0-9a-f]{8})",/;
const newLine = 0x0a;

/** What is in a chat's file. */
export interface ReadLog {
  changes: Change[];
  /** Bytes from the start that are whole lines; what follows was being written when the power went. */
  wholeBytes: number;
  /** Whole lines that cannot be trusted. */
  damagedLines: number;
}

export function logLine(change: Change): string {
  const json = JSON.stringify(change);
  return `["${crc32(Buffer.from(json))}",${json}]\n`;
}

/** Reads a chat's file. Never throws: whatever is in it, the good lines are found. */
export function readLog(file: Buffer): ReadLog {
  const read: ReadLog = { changes: [], wholeBytes: 0, damagedLines: 0 };
  for (let start = 0; start < file.length; ) {
    const end = file.indexOf(newLine, start);
    if (end === -1) break;
    const change = readLine(file.subarray(start, end));
    if (change === null) read.damagedLines += 1;
    else read.changes.push(change);
    start = end + 1;
    read.wholeBytes = start;
  }
  return read;
}

function readLine(line: Buffer): Change | null {
  const text = line.toString('utf8');
  const sum = lineStart.exec(text)?.[1];
  if (sum === undefined || !text.endsWith(']')) return null;
  const json = line.subarray(sum.length + 4, line.length - 1);
  if (crc32(json) !== sum) return null;
  try {
    return changeShape.parse(JSON.parse(json.toString('utf8')));
  } catch {
    // Its sum is right and its content is not ours: written by a later version, or by no version at all.
    return null;
  }
}
