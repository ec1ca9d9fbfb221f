import type { Cluster } from '../cluster/cluster.js';
import { parseJoinToken } from '../cluster/join-token.js';
import { InterruptedError } from '../errors.js';
import type { OnProgress } from '../report/progress.js';
import { hearthVersion } from '../report/version.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { BodyOf } from '../wire/messages.js';
import { runWorkerNode } from '../worker-node.js';

export interface InvitedWorkOptions {
  readonly identity: TlsIdentity;
  readonly cluster: Pick<Cluster, 'send' | 'onMessage' | 'onAbsent' | 'hostOf' | 'status' | 'paused'>;
  readonly threads: number | null;
  /** This laptop's own model, from which it cuts its slice where that is the one asked for. */
  readonly modelPath?: () => string | null;
  /** Where this laptop lets its home have the block files it keeps. */
  readonly blockPort?: number | undefined;
  readonly onProgress?: OnProgress;
  /** One line per event. */
  readonly say: (line: string) => void;
}

interface Part {
  readonly from: string;
  readonly number: number;
  readonly stop: AbortController;
  readonly over: Promise<void>;
}

/** How long a helper knocks at a run it was invited into: its door is open already (ms). */
const joinTimeoutMs = 10_000;

/** A helper's side: takes part in the runs that the master of its home invites it into, one at a time. */
export class InvitedWork {
  #part: Part | null = null;
  #stopped = false;

  constructor(private readonly options: InvitedWorkOptions) {
    const { cluster } = options;
    cluster.onMessage(({ from, control }) => {
      if (control.name === 'invite') void this.#invited(from, control.body);
      else if (control.name === 'inviteCancel' && this.#isPart(from, control.body.number)) this.#part?.stop.abort();
    });
    cluster.onAbsent((deviceId) => {
      if (this.#part?.from === deviceId) this.#part.stop.abort();
    });
  }

  /** Whether a run of another laptop has a part here. */
  get takesPart(): boolean {
    return this.#part !== null;
  }

  /** Ends the part under way, if there is one, and takes no other until {@link start}. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#part?.stop.abort();
    await this.#part?.over;
  }

  /** Takes part again. */
  start(): void {
    this.#stopped = false;
  }

  #isPart(from: string, number: number): boolean {
    return this.#part?.from === from && this.#part.number === number;
  }

  async #invited(from: string, invite: BodyOf<'invite'>): Promise<void> {
    const { cluster } = this.options;
    const before = this.#part;
    // A new run of the master means that the one before is over, whether word of that came or not.
    before?.stop.abort();
    const stop = new AbortController();
    const over = (before?.over ?? Promise.resolve()).then(() => this.#takePart(from, invite, stop.signal));
    const part = { from, number: invite.number, stop, over: over.then(() => undefined) };
    this.#part = part;
    const reason = await over;
    if (this.#part === part) this.#part = null;
    cluster.send(from, 'inviteEnded', { number: invite.number, reason: reason.slice(0, 900) });
  }

  /** Why the part is over; empty where it ended in peace. Never rejects. */
  async #takePart(from: string, invite: BodyOf<'invite'>, signal: AbortSignal): Promise<string> {
    const { cluster, identity, threads, modelPath, say, onProgress } = this.options;
    const masterHost = cluster.hostOf(from);
    if (signal.aborted || masterHost === null) return 'the invitation was taken back.';
    if (this.#stopped || cluster.paused) return 'its person has paused it.';
    // Whoever this node does not follow has no claim on it, member or not.
    if (cluster.status.master !== from) return 'it follows another laptop.';
    try {
      const token = parseJoinToken(invite.token);
      if (token.deviceId !== from) return 'the invitation is not of the laptop that sent it.';
      await runWorkerNode({
        identity, masterHost, masterPort: invite.masterPort, token, rank: invite.rank, window: invite.window,
        joinTimeoutMs, threads, hearthVersion, say, signal,
        blockPort: this.options.blockPort, filePort: null, sliceFolder: null, modelPath: modelPath?.() ?? null, forceDownload: false, spinMicroseconds: 100,
        ...(onProgress === undefined ? {} : { onProgress }),
      });
      return '';
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error);
      if (!(error instanceof InterruptedError)) say(sentence);
      return sentence === '' ? 'it failed.' : sentence;
    }
  }
}
