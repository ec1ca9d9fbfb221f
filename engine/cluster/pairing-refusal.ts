import { HearthError, ClusterFailedError } from '../errors.js';
import type { Link } from '../wire/link.js';

/** Ends a pairing: tells the other end why, and throws the same. */
export function refuse(link: Link, code: string, sentence: string): never {
  const error = new ClusterFailedError(code, sentence);
  sendRefusal(link, error);
  throw error;
}

/** Tells the other end why, and closes; on a link that is closed already nothing happens. */
export function sendRefusal(link: Link, error: unknown): void {
  if (error instanceof HearthError) link.send('refused', { code: error.code, sentence: error.message.slice(0, 900) });
  link.close(error as Error);
}
