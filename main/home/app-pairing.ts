import type { HomeNode } from '../../engine/home-node.js';
import type { PairingPerson } from '../../engine/cluster/pairing-session.js';
import { sayingOf } from '../../engine/errors.js';
import type { PairingStep } from './home-messages.js';

/** Pairing as a window drives it: one at a time, step by step, ended whenever the person closes it. */
export class AppPairing {
  #answer: ((agree: boolean) => void) | null = null;
  #type: ((code: string) => void) | null = null;
  /** Ends the pairing under way; what an ended one still says is not told. */
  #stop: AbortController | null = null;

  constructor(
    private readonly node: Pick<HomeNode, 'openPairing' | 'closePairing' | 'pairWith'>,
    private readonly say: (step: PairingStep) => void,
  ) {}

  /** Waits for another laptop; both screens then show six digits. */
  async open(): Promise<void> {
    const { signal, tell } = this.#begin();
    tell({ step: 'open' });
    await this.#follow(tell, async () => {
      const { compare } = this.#person(signal, tell);
      const { paired } = await this.node.openPairing({ way: { kind: 'digits', compare } });
      return paired;
    });
  }

  /** Calls a laptop where a person has pairing open, or a helper that shows a code. */
  async with(host: string): Promise<void> {
    const { signal, tell } = this.#begin();
    tell({ step: 'calling' });
    await this.#follow(tell, () => this.node.pairWith(host, this.#person(signal, tell), undefined, signal));
  }

  digitsAgree(agree: boolean): void {
    this.#answer?.(agree);
  }

  codeTyped(code: string): void {
    this.#type?.(code);
  }

  end(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#answer?.(false);
    this.node.closePairing();
    this.say({ step: 'closed' });
  }

  #begin(): { signal: AbortSignal; tell: (step: PairingStep) => void } {
    this.#stop?.abort();
    this.node.closePairing();
    const stop = new AbortController();
    this.#stop = stop;
    return { signal: stop.signal, tell: (step) => stop.signal.aborted || this.say(step) };
  }

  async #follow(tell: (step: PairingStep) => void, pair: () => Promise<{ peer: { name: string } }>): Promise<void> {
    try {
      const { peer } = await pair();
      tell({ step: 'paired', peer: peer.name });
    } catch (error) {
      tell({ step: 'failed', ...sayingOf(error) });
    }
  }

  #person(signal: AbortSignal, tell: (step: PairingStep) => void): PairingPerson {
    const untilEnded = <Answer>(take: (act: (answer: Answer) => void) => void, otherwise: Answer): Promise<Answer> =>
      new Promise((resolve) => {
        take(resolve);
        signal.addEventListener('abort', () => resolve(otherwise), { once: true });
      });
    return {
      compare: (digits, peer) => {
        tell({ step: 'compare', digits, peer: peer.name });
        return untilEnded<boolean>((act) => (this.#answer = act), false);
      },
      typeCode: (peer) => {
        tell({ step: 'code', peer: peer.name });
        return untilEnded<string>((act) => (this.#type = act), '');
      },
    };
  }
}
