import { NodeLostError } from '../collective/node-lost-error.js';
import { ClusterFailedError } from '../errors.js';
import { onControl, type Control } from '../wire/control.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { Link } from '../wire/link.js';
import type { BodyOf } from '../wire/messages.js';
import { dialTls } from '../wire/tls-link.js';
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
  /** How long to knock before giving up (ms): the master may be started after its workers. */
  joinTimeoutMs: number;
  signal?: AbortSignal;
}

const dialTimeoutMs = 5_000;
const retryMs = 300;

/** A worker's side of a run whose ranks are given by hand: knocks, gets its plan, and notices when the master is gone. */
export class WorkerSession {
  readonly #heartbeat: Heartbeat;
  readonly #planned: (plan: BodyOf<'plan'>) => void;
  readonly #unplanned: (error: Error) => void;
  /** Comes when every rank is in; rejects with what the master said instead. */
  readonly plan: Promise<BodyOf<'plan'>>;
  #hasPlan = false;
  #ended = false;
  /** Called when the master asks for this node's report; the answer goes back with {@link report}. */
  onReportRequest: (() => void) | undefined;
  /** Called once: an error when the run failed, null when the master ended it in peace. */
  onEnded: ((error: Error | null) => void) | undefined;

  private constructor(private readonly link: Link, private readonly where: string) {
    let planned: (plan: BodyOf<'plan'>) => void = () => undefined;
    let unplanned: (error: Error) => void = () => undefined;
    this.plan = new Promise((resolve, reject) => {
      planned = resolve;
      unplanned = reject;
    });
    this.plan.catch(() => undefined);
    this.#planned = planned;
    this.#unplanned = unplanned;
    this.#heartbeat = new Heartbeat(link, () => link.close(new Error('It was silent for 4 s.')));
    onControl(link, (control) => this.#hear(control), (reason) => this.#end(new NodeLostError(0, reason.message)));
  }

  /** Knocks and proves that it knows the secret. Rejects with PEER_UNREACHABLE after `joinTimeoutMs`. */
  static async join(options: WorkerSessionOptions): Promise<WorkerSession> {
    const link = await knock(options);
    const { identity, token, rank, hearthVersion, dataPort } = options;
    const tokenProof = joinProof(token, identity.deviceId, rank, link.nonce);
    link.send('hello', { hearthVersion, rank, tokenProof, ...(dataPort === undefined ? {} : { dataPort }) });
    return new WorkerSession(link, `${options.host}:${options.port}`);
  }

  sliceProgress(doneBytes: number, totalBytes: number): void {
    this.link.send('sliceProgress', { doneBytes, totalBytes });
  }

  ready(body: BodyOf<'ready'>): void {
    this.link.send('ready', body);
  }

  report(body: BodyOf<'report'>): void {
    this.link.send('report', body);
  }

  /** Tells the master why this node cannot take part, and leaves. */
  refuse(code: string, sentence: string): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.link.send('refused', { code, sentence: sentence.slice(0, 900) });
    this.link.close();
  }

  /** Tells the master which rank this node can no longer reach. */
  lost(rank: number, reason: string): void {
    this.link.send('nodeLost', { rank, reason: reason.slice(0, 900) });
  }

  close(): void {
    this.#ended = true;
    this.#heartbeat.stop();
    this.link.send('bye', {});
    this.link.close();
  }

  #hear(control: Control): void {
    this.#heartbeat.heard();
    if (control.name === 'plan') {
      this.#hasPlan = true;
      this.#planned(control.body);
    } else if (control.name === 'reportRequest') {
      this.onReportRequest?.();
    } else if (control.name === 'bye') {
      this.#end(null);
    } else if (control.name === 'nodeLost') {
      this.#end(new NodeLostError(control.body.rank, control.body.reason));
    } else if (control.name === 'refused') {
      this.#end(new ClusterFailedError(control.body.code, control.body.sentence));
    }
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#heartbeat.stop();
    this.link.close();
    if (!this.#hasPlan) this.#unplanned(error instanceof NodeLostError ? this.#notLetIn(error) : error ?? masterEnded());
    this.onEnded?.(error);
  }

  /** A master tells a stranger nothing, so this is what a wrong token looks like from here. */
  #notLetIn(cause: Error): ClusterFailedError {
    return new ClusterFailedError(
      'NOT_LET_IN',
      `The master at ${this.where} did not let this node in, or ended. Use the join token that it printed last.`,
      { cause },
    );
  }
}

function masterEnded(): ClusterFailedError {
  return new ClusterFailedError('MASTER_ENDED', 'The master ended before the run began. Start it again.');
}

/** Dials until somebody answers: laptops are started in any order. */
async function knock(options: WorkerSessionOptions): Promise<Link> {
  const deadline = performance.now() + options.joinTimeoutMs;
  for (;;) {
    try {
      return await dialTls({
        host: options.host,
        port: options.port,
        identity: options.identity,
        expects: options.token.deviceId,
        side: { channel: 'session', role: 'worker' },
        timeoutMs: dialTimeoutMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      const unreachable = error instanceof ClusterFailedError && error.code === 'PEER_UNREACHABLE';
      if (!unreachable || performance.now() + retryMs > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}
