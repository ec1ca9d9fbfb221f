import type { Saying } from '../saying.js';
import { receiveControl } from '../wire/control.js';
import type { Link } from '../wire/link.js';
import type { BodyOf } from '../wire/messages.js';
import { ProtocolError } from '../wire/protocol-error.js';
import { isJoinProof, type JoinToken } from './join-token.js';

const helloTimeoutMs = 5_000;
/** Strangers do not get to fill the screen. */
const mostTurnedAwayLines = 20;

export interface AdmissionOptions {
  token: JoinToken;
  worldSize: number;
  /** Whether this device may have this rank; absent = whoever knows the token may. */
  invites?: ((deviceId: string, rank: number) => boolean) | undefined;
  isTaken: (rank: number) => boolean;
  /** A node that knocked was not let in, and why: told once per address and reason. */
  onTurnedAway?: ((host: string, why: string) => void) | undefined;
}

/** Who is let into a run: whoever proves that it knows the token's secret, and asks for a rank that it may have. */
export class Admission {
  readonly #turnedAway = new Set<string>();

  constructor(private readonly options: AdmissionOptions) {}

  /** What a knocking node says of itself, if it may come in; else null, and its link is closed. Never rejects. */
  async judge(link: Link, host: string): Promise<BodyOf<'hello'> | null> {
    try {
      const { body } = await receiveControl(link, ['hello'], helloTimeoutMs);
      const { token, invites } = this.options;
      if (!isJoinProof(body.tokenProof, token, link.peerId, body.rank, link.nonce)) {
        // Whoever does not know the secret learns nothing, not even why.
        link.close();
        this.#turnAway(host, 'it has another join token.');
        return null;
      }
      if (invites?.(link.peerId, body.rank) === false) {
        link.close();
        this.#turnAway(host, `it was not asked to be rank ${body.rank}.`);
        return null;
      }
      return this.#seat(link, host, body);
    } catch (error) {
      // A stranger that said nothing sensible has been cut off.
      if (error instanceof ProtocolError && error.code === 'PROTOCOL_VERSION') this.#turnAway(host, error.message);
      return null;
    }
  }

  #seat(link: Link, host: string, hello: BodyOf<'hello'>): BodyOf<'hello'> | null {
    const refusal = this.#refusal(hello.rank);
    if (refusal === null) return hello;
    link.send('refused', refusal);
    link.close();
    this.#turnAway(host, refusal.sentence);
    return null;
  }

  #refusal(rank: number): Saying | null {
    const { worldSize, isTaken } = this.options;
    if (rank < 1 || rank >= worldSize) {
      const sentence = `Rank ${rank} does not exist: the others are 1 to ${worldSize - 1}.`;
      return { code: 'RANK_OUT_OF_RANGE', sentence, values: {} };
    }
    if (!isTaken(rank)) return null;
    return { code: 'RANK_TAKEN', sentence: `Rank ${rank} has joined already: give this node another --rank.`, values: {} };
  }

  #turnAway(host: string, why: string): void {
    const line = `${host} ${why}`;
    if (this.#turnedAway.has(line) || this.#turnedAway.size >= mostTurnedAwayLines) return;
    this.#turnedAway.add(line);
    this.options.onTurnedAway?.(host, why);
  }
}
