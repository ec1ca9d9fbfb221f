import { ClusterFailedError, InterruptedError } from '../errors.js';
import { NodeLostError } from '../collective/node-lost-error.js';
import { onControl, receiveControl, type Control } from '../wire/control.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { BodyOf } from '../wire/messages.js';
import { listenTls, type Listener } from '../wire/tls-listener.js';
import { Heartbeat } from './heartbeat.js';
import { isJoinProof, type JoinToken } from './join-token.js';

/** A worker that is in. */
export interface JoinedWorker {
  rank: number;
  deviceId: string;
  /** Where its data links can be reached. */
  host: string;
  dataPort: number | undefined;
}

export interface MasterSessionOptions {
  identity: TlsIdentity;
  host: string;
  port: number;
  worldSize: number;
  token: JoinToken;
  onJoined?: (worker: JoinedWorker) => void;
  onSliceProgress?: (rank: number, doneBytes: number, totalBytes: number) => void;
}

interface Member {
  worker: JoinedWorker;
  link: Link;
  heartbeat: Heartbeat;
  ready: BodyOf<'ready'> | null;
  report: BodyOf<'report'> | null;
}

const helloTimeoutMs = 5_000;

/**
 * Rank 0's side of a run whose ranks are given by hand: lets workers in that know the token's secret, gives each its
 * plan, hears when they are ready, and notices any that is lost. The first loss ends the session for all.
 */
export class MasterSession {
  readonly #members = new Map<number, Member>();
  readonly #listener: Promise<Listener>;
  readonly #waiters = new Set<() => void>();
  #failure: Error | null = null;
  #closed = false;
  #onLost: (error: Error) => void = () => undefined;

  private constructor(private readonly options: MasterSessionOptions) {
    this.#listener = listenTls({
      host: options.host,
      port: options.port,
      identity: options.identity,
      side: { channel: 'session', role: 'master' },
      // Who it is does not matter yet: the token's secret decides.
      accepts: () => true,
      onLink: (link, host) => void this.#admit(link, host),
    });
  }

  /** Rejects with ClusterFailedError PORT_IN_USE or CANNOT_LISTEN. */
  static async listen(options: MasterSessionOptions): Promise<MasterSession> {
    const session = new MasterSession(options);
    await session.#listener;
    return session;
  }

  /** Calls `act` once, when a worker is lost or says that it cannot go on; at once if it has happened. One owner at a time. */
  whenLost(act: (error: Error) => void): void {
    this.#onLost = act;
    if (this.#failure !== null) act(this.#failure);
  }

  async port(): Promise<number> {
    return (await this.#listener).port;
  }

  /** Resolves with all workers in rank order; rejects with JOIN_TIMEOUT naming the ranks that never came. */
  async joined(timeoutMs: number, signal?: AbortSignal): Promise<JoinedWorker[]> {
    await this.#until(() => this.#members.size === this.options.worldSize - 1, timeoutMs, signal, () => {
      const missing = this.#ranks().filter((rank) => !this.#members.has(rank));
      return new ClusterFailedError(
        'JOIN_TIMEOUT',
        `${missing.length === 1 ? 'Rank' : 'Ranks'} ${missing.join(', ')} did not join within ${timeoutMs / 1000} s. ` +
          'Start the line that was printed on the other laptops, or raise --join-timeout.',
      );
    });
    return this.#ranks().map((rank) => this.#member(rank).worker);
  }

  /** Gives one worker its plan. */
  sendPlan(rank: number, plan: BodyOf<'plan'>): void {
    this.#member(rank).link.send('plan', plan);
  }

  /** Resolves when every worker has its slice loaded, in rank order. Has no time limit: slices may take hours to arrive. */
  async ready(signal?: AbortSignal): Promise<BodyOf<'ready'>[]> {
    const all = (): (BodyOf<'ready'> | null)[] => this.#ranks().map((rank) => this.#members.get(rank)?.ready ?? null);
    await this.#until(() => all().every((body) => body !== null), null, signal);
    return all().filter((body) => body !== null);
  }

  /** What every worker has done and needed so far, in rank order. */
  async reports(timeoutMs: number): Promise<BodyOf<'report'>[]> {
    for (const member of this.#members.values()) {
      member.report = null;
      member.link.send('reportRequest', {});
    }
    const all = (): (BodyOf<'report'> | null)[] => this.#ranks().map((rank) => this.#member(rank).report);
    await this.#until(() => all().every((body) => body !== null), timeoutMs);
    return all().filter((body) => body !== null);
  }

  /** Whether this device is in as `rank`. */
  isMember(deviceId: string, rank: number): boolean {
    return this.#members.get(rank)?.worker.deviceId === deviceId;
  }

  /** Ends the run in peace: the workers hear a reason and end cleanly. */
  async close(reason?: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const member of this.#members.values()) {
      member.heartbeat.stop();
      member.link.send('bye', reason === undefined ? {} : { reason });
      member.link.close();
    }
    (await this.#listener.catch(() => undefined))?.close();
  }

  async #admit(link: Link, host: string): Promise<void> {
    try {
      const { body } = await receiveControl(link, ['hello'], helloTimeoutMs);
      // Whoever does not know the secret learns nothing, not even why.
      if (!isJoinProof(body.tokenProof, this.options.token, link.peerId, body.rank, link.nonce)) return link.close();
      const refusal = this.#refusal(body.rank);
      if (refusal !== null) {
        link.send('refused', refusal);
        return link.close();
      }
      this.#welcome(link, host, body);
    } catch {
      // A stranger that said nothing sensible has been cut off.
    }
  }

  #refusal(rank: number): BodyOf<'refused'> | null {
    const { worldSize } = this.options;
    if (rank < 1 || rank >= worldSize) {
      return { code: 'RANK_OUT_OF_RANGE', sentence: `Rank ${rank} does not exist: the others are 1 to ${worldSize - 1}.` };
    }
    if (!this.#members.has(rank)) return null;
    return { code: 'RANK_TAKEN', sentence: `Rank ${rank} has joined already: give this node another --rank.` };
  }

  #welcome(link: Link, host: string, hello: BodyOf<'hello'>): void {
    const { rank, dataPort } = hello;
    const worker = { rank, deviceId: link.peerId, host, dataPort };
    const heartbeat = new Heartbeat(link, () => link.close(new Error('It was silent for 4 s.')));
    this.#members.set(rank, { worker, link, heartbeat, ready: null, report: null });
    this.options.onJoined?.(worker);
    onControl(link, (control) => this.#hear(rank, control), (reason) => this.#lose(rank, reason));
    this.#wake();
  }

  #hear(rank: number, control: Control): void {
    const member = this.#member(rank);
    member.heartbeat.heard();
    if (control.name === 'ready') {
      member.ready = control.body;
      this.#wake();
    } else if (control.name === 'report') {
      member.report = control.body;
      this.#wake();
    } else if (control.name === 'sliceProgress') {
      this.options.onSliceProgress?.(rank, control.body.doneBytes, control.body.totalBytes);
    } else if (control.name === 'refused') {
      this.#fail(rank, new ClusterFailedError(control.body.code, `Rank ${rank}: ${control.body.sentence}`));
    } else if (control.name === 'nodeLost') {
      this.#fail(control.body.rank, new NodeLostError(control.body.rank, control.body.reason));
    } else if (control.name === 'bye') {
      this.#fail(rank, new NodeLostError(rank, control.body.reason ?? 'it left.'));
    }
  }

  #lose(rank: number, reason: Error): void {
    if (!this.#closed) this.#fail(rank, new NodeLostError(rank, reason.message));
  }

  /** One loss ends the run: the others are told who it was, so that nobody waits for an answer that cannot come. */
  #fail(lostRank: number, error: Error): void {
    if (this.#failure !== null || this.#closed) return;
    this.#failure = error;
    for (const [rank, member] of this.#members) {
      member.heartbeat.stop();
      if (rank !== lostRank) member.link.send('nodeLost', { rank: lostRank, reason: error.message.slice(0, 900) });
      member.link.close();
    }
    this.#wake();
    this.#onLost(error);
  }

  /** Waits for `met`, a failure, `timeoutMs` or `signal`, whichever is first. */
  async #until(met: () => boolean, timeoutMs: number | null, signal?: AbortSignal, late?: () => Error): Promise<void> {
    const deadline = timeoutMs === null ? Infinity : performance.now() + timeoutMs;
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (signal?.aborted === true) throw new InterruptedError();
      if (met()) return;
      const left = deadline - performance.now();
      if (left <= 0) throw late?.() ?? new ClusterFailedError('TIMEOUT', 'The others took too long.');
      await this.#change(left, signal);
    }
  }

  #change(leftMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(leftMs) ? setTimeout(done, leftMs) : undefined;
      const waiters = this.#waiters;
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        waiters.delete(done);
        resolve();
      }
      waiters.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  #ranks(): number[] {
    return Array.from({ length: this.options.worldSize - 1 }, (_, index) => index + 1);
  }

  #member(rank: number): Member {
    const member = this.#members.get(rank);
    if (member === undefined) throw new Error(`rank ${rank} has not joined`);
    return member;
  }
}
