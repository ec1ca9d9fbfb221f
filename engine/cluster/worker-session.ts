import { NodeLostError } from '../collective/node-lost-error.js';
import { ClusterFailedError, type HearthError, toldError } from '../errors.js';
import { cutToFit, type Saying } from '../saying.js';
import { onControl, receiveControl, type Control } from '../wire/control.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { BodyOf } from '../wire/messages.js';
import { dialTls } from '../wire/tls-link.js';
import type { Transfer } from '../wire/transfer.js';
import { Heartbeat } from './heartbeat.js';
import { joinProof, type JoinToken } from './join-token.js';

export interface WorkerSessionOptions {
  identity: TlsIdentity;
  host: string;
  port: number;
  rank: number;
  token: JoinToken;
  hearthVersion: string;
  /** Where this node's shard listens for data links. */
  dataPort: number | undefined;
  /** Where this node lets others have the block files it keeps. */
  blockPort?: number | undefined;
  /** How long to knock before giving up (ms): the master may be started after its workers. */
  joinTimeoutMs: number;
  signal?: AbortSignal;
}

const dialTimeoutMs = 5_000;
const welcomeTimeoutMs = 10_000;
const retryMs = 300;

/** A worker's side of a run whose ranks are given by hand: knocks, gets its plan, and notices when the master is gone. */
export class WorkerSession {
  readonly #heartbeat: Heartbeat;
  readonly #planned: (plan: BodyOf<'plan'>) => void;
  readonly #unplanned: (error: Error) => void;
  /** Comes when every rank is in; rejects with what the master said instead. */
  readonly plan: Promise<BodyOf<'plan'>>;
  /** Resolves when the master ended the run in peace; rejects with what else ended it. Settles for nobody's own leaving. */
  readonly ended: Promise<void>;
  #settle!: (error: Error | null) => void;
  #ended = false;
  /** Called when the master asks for this node's report; the answer goes back with {@link report}. */
  onReportRequest: (() => void) | undefined;

  private constructor(private readonly link: Link) {
    let planned: (plan: BodyOf<'plan'>) => void = () => undefined;
    let unplanned: (error: Error) => void = () => undefined;
    this.plan = new Promise((resolve, reject) => {
      planned = resolve;
      unplanned = reject;
    });
    this.plan.catch(() => undefined);
    this.#planned = planned;
    this.#unplanned = unplanned;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === null ? resolve() : reject(error));
    });
    this.ended.catch(() => undefined);
    this.#heartbeat = new Heartbeat(link, () => link.drop(new Error('It was silent for 4 s.')));
    onControl(link, (control) => this.#hear(control), (reason) => this.#end(new NodeLostError(0, reason.message)));
  }

  /**
   * Knocks, proves that it knows the secret, and waits to be let in. Rejects with PEER_UNREACHABLE after `joinTimeoutMs`,
   * with NOT_LET_IN, or with what the master says instead (RANK_TAKEN, RANK_OUT_OF_RANGE).
   */
  static async join(options: WorkerSessionOptions): Promise<WorkerSession> {
    const link = await knock(options);
    const { identity, token, rank, hearthVersion, dataPort, blockPort } = options;
    const tokenProof = joinProof(token, identity.deviceId, rank, link.nonce);
    const ports = { ...(dataPort === undefined ? {} : { dataPort }), ...(blockPort === undefined ? {} : { blockPort }) };
    link.send('hello', { hearthVersion, rank, tokenProof, ...ports });
    try {
      await receiveControl(link, ['heartbeat'], welcomeTimeoutMs, options.signal);
    } catch (error) {
      throw error instanceof ClusterFailedError && isSilence(error) ? notLetIn(options, error) : error;
    }
    return new WorkerSession(link);
  }

  transfer(transfer: Transfer): void {
    this.link.send('transfer', transfer);
  }

  ready(body: BodyOf<'ready'>): void {
    this.link.send('ready', body);
  }

  report(body: BodyOf<'report'>): void {
    this.link.send('report', body);
  }

  /** Tells the master why this node cannot take part, and leaves. */
  refuse(why: Saying): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.link.send('refused', cutToFit(why));
    this.link.close();
  }

  /** Tells the master which rank this node can no longer reach. */
  lost(rank: number, reason: string): void {
    this.link.send('nodeLost', { rank, reason: reason.slice(0, 900) });
  }

  /** Leaves; the master hears why, where there is something to say. */
  close(reason?: string): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.link.send('bye', reason === undefined ? {} : { reason });
    this.link.close();
  }

  #hear(control: Control): void {
    this.#heartbeat.heard();
    if (control.name === 'plan') {
      this.#planned(control.body);
    } else if (control.name === 'reportRequest') {
      this.onReportRequest?.();
    } else if (control.name === 'bye') {
      const { reason } = control.body;
      this.#end(reason === undefined ? null : masterEnded(reason));
    } else if (control.name === 'nodeLost') {
      this.#end(new NodeLostError(control.body.rank, control.body.reason));
    } else if (control.name === 'refused') {
      this.#end(toldError(control.body));
    }
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.stop();
    this.link.close();
    this.#unplanned(error ?? masterEnded('it was stopped.'));
    this.#settle(error);
  }
}

function masterEnded(reason: string): ClusterFailedError {
  return new ClusterFailedError('MASTER_ENDED', `The master ended the run: ${reason}`);
}

function isSilence(error: HearthError): boolean {
  return error.code === 'LINK_CLOSED' || error.code === 'LINK_TIMEOUT';
}

/** A master tells a stranger nothing, so this is what a wrong token looks like from here. */
function notLetIn({ host, port }: WorkerSessionOptions, cause: Error): ClusterFailedError {
  return new ClusterFailedError(
    'NOT_LET_IN',
    `The master at ${host}:${port} did not let this node in, or ended. Use the join token that it printed last.`,
    { cause, values: { address: `${host}:${port}` } },
  );
}

/** Dials until somebody answers: laptops are started in any order. */
async function knock(options: WorkerSessionOptions): Promise<Link> {
  const { host, port, identity, token, signal } = options;
  const deadline = performance.now() + options.joinTimeoutMs;
  for (;;) {
    const left = Math.max(retryMs, deadline - performance.now());
    try {
      return await dialTls({
        host, port, identity,
        expects: token.deviceId,
        side: { channel: 'session', role: 'worker' },
        timeoutMs: Math.min(dialTimeoutMs, left),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (!(error instanceof ClusterFailedError)) throw error;
      if (error.code === 'PEER_IDENTITY') throw anotherMaster(options, error);
      if (isSilence(error)) throw notLetIn(options, error);
      const away = error.code === 'PEER_UNREACHABLE' || error.code === 'PEER_TIMEOUT';
      if (!away || performance.now() + retryMs > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

function anotherMaster({ host, port }: WorkerSessionOptions, cause: Error): ClusterFailedError {
  return new ClusterFailedError(
    'PEER_IDENTITY',
    `${host}:${port} is not the master that printed this join token. Use the line that the master there printed last.`,
    { cause },
  );
}
