import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Keys are 256 random bits: a plain hash of one tells nothing about it. */
export function newApiKey(): string {
  return `hearth-${randomBytes(32).toString('base64url')}`;
}

/** SHA-256 of a key, in hex. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** The keys a server takes, known only by their hashes. */
export class ApiKeys {
  readonly #hashes: readonly Buffer[];

  /** @param hashes SHA-256 of each key, in hex */
  constructor(hashes: readonly string[]) {
    this.#hashes = hashes.map((hash) => Buffer.from(hash, 'hex'));
  }

  /** False where no key was set: then none is asked for. */
  get required(): boolean {
    return this.#hashes.length > 0;
  }

  /** Takes the same time whether none, the first or the last key fits. */
  accepts(key: string): boolean {
    const hash = Buffer.from(hashOfKey(key), 'hex');
    return this.#hashes.reduce((found, known) => timingSafeEqual(known, hash) || found, false);
  }
}

/** The key in an `Authorization: Bearer` header; null if there is none. */
export function bearerKey(header: string | undefined): string | null {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}
