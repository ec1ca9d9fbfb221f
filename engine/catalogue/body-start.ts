import { saying, type Saying } from '../saying.js';
import type { HubReply } from './hub-request.js';

/** What to do with the body of an answer to "the file from byte `present` on". */
export type BodyStart =
  /** It goes on where the file ends. */
  | { kind: 'append' }
  /** It is the file from its start: the server ignored the range. */
  | { kind: 'from-start' }
  /** It is not what a server of this file would send (a sign-in page, a broken proxy): ask again. */
  | { kind: 'ask-again'; reason: Saying }
  /** The server disagrees about what is here: forget that and ask for the file from its start. */
  | { kind: 'forget'; reason: Saying }
  /** It is not the file that was listed. */
  | { kind: 'other-content' }
  /** An answer of failure. */
  | { kind: 'refused' };

/**
 * Judges an answer by its head. The content's identity decides whether parts belong together, as If-Range would: what a
 * commit holds never changes, and the endpoint repeats the checksum with each answer.
 */
export function judgeStart(
  reply: Pick<HubReply, 'status' | 'headers' | 'linked'>,
  file: { size: number; sha256: string | null; gitSha1: string | null },
  present: number,
): BodyStart {
  if (reply.status === 416) return { kind: 'forget', reason: odd('the server has no such part of the file (416)') };
  if (reply.status !== 200 && reply.status !== 206) return { kind: 'refused' };
  if (isOtherContent(reply.linked.etag, file)) return { kind: 'other-content' };
  const start = reply.status === 200 ? 0 : present;
  if (reply.status === 206 && !isPartFrom(reply.headers['content-range'], present, file.size)) {
    return { kind: 'forget', reason: odd('the server sent another part than was asked for') };
  }
  const length = reply.headers['content-length'];
  const missing = file.size - start;
  if (length !== undefined && Number(length) !== missing) {
    return { kind: 'ask-again', reason: odd(`the server announces ${length} bytes where ${missing} are missing`) };
  }
  return { kind: reply.status === 200 ? 'from-start' : 'append' };
}

function isOtherContent(etag: string | null, file: { sha256: string | null; gitSha1: string | null }): boolean {
  if (etag === null || !/^[0-9a-f]+$/.test(etag)) return false;
  const wanted = etag.length === 64 ? file.sha256 : etag.length === 40 ? file.gitSha1 : null;
  return wanted !== null && wanted !== etag;
}

function isPartFrom(contentRange: string | undefined, present: number, size: number): boolean {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange ?? '') ?? [];
  return Number(start) === present && (total === '*' || Number(total) === size);
}

function odd(sentence: string): Saying {
  return saying('TRANSFER_ANSWER_ODD', sentence, {});
}
