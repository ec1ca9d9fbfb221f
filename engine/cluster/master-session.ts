import { ClusterFailedError, InterruptedError } from '../errors.js';
import { NodeLostError } from '../collective/node-lost-error.js';
import { onControl, type Control } from '../wire/control.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { BodyOf } from '../wire/messages.js';
import { listenTls, type Listener } from '../wire/tls-listener.js';
import type { Transfer } from '../wire/transfer.js';
import { Admission } from './admission.js';
import { Changes } from './changes.js';
import { Heartbeat } from './heartbeat.js';
import type { JoinToken } from './join-token.js';
import { NodeRefusedError, NotJoinedError } from './session-errors.js';

/** A worker that is in. */
export interface JoinedWorker {
  rank: number;
  deviceId: string;
  /** Where its data links can be reached. */
  host: string;
  dataPort: number | undefined;
  /** Where it lets others have the block files it keeps. */
  blockPort: number | undefined;
}

export interface MasterSessionOptions {
  identity: TlsIdentity;
  host: string;
  port: number;
  worldSize: number;
  token: JoinToken;
  /** Whether this device may have this rank; absent = whoever knows the token may. */
  invites?: (deviceId: string, rank: number) => boolean;
  onJoined?: (worker: JoinedWorker) => void;
  /** A node that knocked was not let in, and why: told once per address and reason. */
  onTurnedAway?: (host: string, why: string) => void;
  /** A worker's slice is so far on its way. */
  onTransfer?: ((rank: number, transfer: Transfer) => void) | undefined;
}

interface Member {
  worker: JoinedWorker;
  link: Link;
  heartbeat: Heartbeat;
  ready: BodyOf<'ready'> | null;
  report: BodyOf<'report'> | null;
}

/** Room for what is put before a sentence on its way through other nodes; the wire allows 1000. */
const mostReasonCharacters = 900;

/**
 * Rank 0's side of a run: lets workers in that know the token's secret, gives each its plan, hears when they are ready,
 * and notices any that is lost. The first loss ends the session for all.
 */
export class MasterSession {
  readonly #members = new Map<number, Member>();
  readonly #listener: Promise<Listener>;
  readonly #changes = new Changes();
  #failure: Error | null = null;
  #closed = false;
  #onLost: (error: Error) => void = () => undefined;

  private constructor(private readonly options: MasterSessionOptions) {
    const { token, worldSize, invites, onTurnedAway } = options;
    const admission = new Admission({ token, worldSize, invites, onTurnedAway, isTaken: (rank) => this.#members.has(rank) });
    this.#listener = listenTls({
      host: options.host,
      port: options.port,
      identity: options.identity,
      side: { channel: 'session', role: 'master' },
      // Who it is does not matter yet: the token's secret decides.
      accepts: () => true,
      onLink: (link, host) => void this.#admit(admission, link, host),
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

  /** Resolves with all workers in rank order; rejects with NotJoinedError naming the ranks that never came. */
  async joined(timeoutMs: number, signal?: AbortSignal): Promise<JoinedWorker[]> {
    await this.#until(() => this.#members.size === this.options.worldSize - 1, timeoutMs, signal, () =>
      new NotJoinedError(this.#ranks().filter((rank) => !this.#members.has(rank)), timeoutMs));
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

  /** Resolves, never rejects, with what ended the run, if that becomes known within `timeoutMs`. */
  async failure(timeoutMs: number): Promise<Error | null> {
    await this.#until(() => this.#closed, timeoutMs).catch(() => undefined);
    return this.#failure;
  }

  /** Ends the run: in peace, or for a `reason` that the workers are told. */
  async close(reason?: string): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const member of this.#members.values()) {
      member.heartbeat.stop();
      member.link.send('bye', reason === undefined ? {} : { reason: reason.slice(0, mostReasonCharacters) });
      member.link.close();
    }
    this.#changes.tell();
    (await this.#listener.catch(() => undefined))?.close();
  }

  async #admit(admission: Admission, link: Link, host: string): Promise<void> {
    const hello = await admission.judge(link, host);
    if (hello === null) return;
    // Two may have asked for the same rank at the same time.
    if (this.#closed || this.#failure !== null || this.#members.has(hello.rank)) link.close();
    else this.#welcome(link, host, hello);
  }

  #welcome(link: Link, host: string, hello: BodyOf<'hello'>): void {
    const { rank, dataPort, blockPort } = hello;
    const worker = { rank, deviceId: link.peerId, host, dataPort, blockPort };
    // The first word after the proof: now the worker knows that it is in.
    link.send('heartbeat', {});
    const heartbeat = new Heartbeat(link, () => link.drop(new Error('It was silent for 4 s.')));
    this.#members.set(rank, { worker, link, heartbeat, ready: null, report: null });
    this.options.onJoined?.(worker);
    onControl(link, (control) => this.#hear(rank, control), (reason) => this.#lose(rank, reason));
    this.#changes.tell();
  }

  #hear(rank: number, control: Control): void {
    const member = this.#member(rank);
    member.heartbeat.heard();
    if (control.name === 'ready') {
      member.ready = control.body;
      this.#changes.tell();
    } else if (control.name === 'report') {
      member.report = control.body;
      this.#changes.tell();
    } else if (control.name === 'transfer') {
      this.options.onTransfer?.(rank, control.body);
    } else if (control.name === 'refused') {
      this.#fail(rank, new NodeRefusedError(rank, control.body), control.body.sentence);
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
  #fail(lostRank: number, error: Error, reason = error.message): void {
    if (this.#failure !== null || this.#closed) return;
    this.#failure = error;
    for (const [rank, member] of this.#members) {
      member.heartbeat.stop();
      if (rank !== lostRank) member.link.send('nodeLost', { rank: lostRank, reason: reason.slice(0, mostReasonCharacters) });
      member.link.close();
    }
    this.#changes.tell();
    this.#onLost(error);
  }

  /** Waits for `met`, a failure, `timeoutMs` or `signal`, whichever is first. */
  async #until(met: () => boolean, timeoutMs: number | null, signal?: AbortSignal, late?: () => Error): Promise<void> {
    const deadline = timeoutMs === null ? Infinity : performance.now() + timeoutMs;
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (signal?.aborted === true) throw new InterruptedError();
      if (met()) return;
      if (this.#closed) throw new ClusterFailedError('RUN_ENDED', 'The run was ended on this node.');
      const left = deadline - performance.now();
      if (left <= 0) throw late?.() ?? new ClusterFailedError('TIMEOUT', 'The others took too long.');
      await this.#changes.next(left, signal);
    }
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
