import type { Memory } from '../../native-kernels/index.js';
import { ClusterFailedError } from '../errors.js';
import { parseControl } from '../wire/control.js';
import type { IncomingFrame, Link } from '../wire/link.js';
import { messages } from '../wire/messages.js';
import { AllReduceClock } from './all-reduce-clock.js';
import type { AllReduce, AllReduceStats } from './all-reduce.js';
import { commandOf, sendCommand, type Command, type CommandChannel } from './command.js';
import { LoopSpin } from './loop-spin.js';
import { NodeLostError } from './node-lost-error.js';
import { Operation, type PeerLink, type TensorPort } from './operation.js';

/** A collective over links that also carries rank 0's commands. */
export interface Collective extends AllReduce, CommandChannel {}

/** What the star and the ring share: one call at a time, moved on by whatever happens on a link, and how losses are told. */
export abstract class LinkedCollective implements Collective {
  protected readonly operation: Operation;
  protected readonly clock = new AllReduceClock();
  readonly #spin: LoopSpin;
  /** Does what can be done now; true once the call is finished. Undefined between calls. */
  #advance: (() => boolean) | undefined;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #failure: Error | undefined;
  #command: Command | undefined;

  constructor(
    readonly rank: number,
    readonly worldSize: number,
    /** Every link, each once per connection. */
    protected readonly peers: readonly PeerLink[],
    tensors: TensorPort,
    spinMicroseconds: number,
  ) {
    this.operation = new Operation(tensors);
    this.#spin = new LoopSpin(spinMicroseconds);
    for (const { link } of peers) link.onActivity = () => this.#activity();
  }

  protected abstract beginAllReduce(): void;
  protected abstract advanceAllReduce(): boolean;
  protected abstract beginBroadcast(): void;
  protected abstract advanceBroadcast(): boolean;
  /** The links on which commands go on from this rank. */
  protected abstract commandTargets(): readonly Link[];
  /** Where commands come from; undefined at rank 0. */
  protected abstract commandSource(): PeerLink | undefined;

  allReduce(memory: Memory, offset: number, floats: number): Promise<void> | undefined {
    if (this.worldSize === 1) return undefined;
    this.operation.begin(memory, offset, floats * 4);
    this.clock.start();
    this.beginAllReduce();
    return this.#run(this.#advanceTimed);
  }

  broadcast(memory: Memory, offset: number, floats: number): Promise<void> | undefined {
    if (this.worldSize === 1) return undefined;
    this.operation.begin(memory, offset, floats * 4);
    this.beginBroadcast();
    return this.#run(this.#advanceBroadcastOnce);
  }

  announce(command: Command): void {
    if (this.rank !== 0) throw new Error('Only rank 0 announces');
    for (const link of this.commandTargets()) sendCommand(link, command);
  }

  async nextCommand(): Promise<Command> {
    await this.#run(this.#advanceCommand);
    const command = this.#command;
    this.#command = undefined;
    if (command === undefined) throw new Error('No command came');
    return command;
  }

  stats(): AllReduceStats {
    const { allReduces, waitMs, totalMs } = this.clock;
    let bytesSent = 0;
    let bytesReceived = 0;
    for (const { link } of this.peers) {
      const moved = link.stats();
      bytesSent += moved.bytesSent;
      bytesReceived += moved.bytesReceived;
    }
    return { allReduces, waitMs, wireMs: totalMs - waitMs, bytesSent, bytesReceived };
  }

  /** To be called once every rank is done with its last call. */
  close(): void {
    for (const { link } of this.peers) link.send('bye', {});
    this.#fail(new ClusterFailedError('RUN_ENDED', 'The run was ended on this node.'));
  }

  /** The next frame of a peer, if it is there. Throws NodeLostError when the peer, or another it tells of, is gone. */
  protected take(peer: PeerLink, mayLeave = false): IncomingFrame | undefined {
    let frame;
    try {
      frame = peer.link.poll();
    } catch (error) {
      throw new NodeLostError(peer.rank, (error as Error).message, { cause: error });
    }
    if (frame?.message === messages.bye && !mayLeave) throw new NodeLostError(peer.rank, 'it left.');
    if (frame?.message !== messages.nodeLost) return frame;
    const control = parseControl(frame);
    if (control.name !== 'nodeLost') return frame;
    throw new NodeLostError(control.body.rank, control.body.reason);
  }

  readonly #advanceTimed = (): boolean => {
    if (!this.advanceAllReduce()) return false;
    this.clock.end();
    return true;
  };

  readonly #advanceBroadcastOnce = (): boolean => this.advanceBroadcast();

  readonly #advanceCommand = (): boolean => {
    const source = this.commandSource();
    if (source === undefined) throw new Error('Rank 0 gives commands, it takes none');
    const frame = this.take(source, true);
    if (frame === undefined) return false;
    this.#command = commandOf(frame);
    if (this.#command === undefined) throw new NodeLostError(source.rank, `it sent a ${frame.message.name} between steps.`);
    for (const link of this.commandTargets()) sendCommand(link, this.#command);
    return true;
  };

  #run(advance: () => boolean): Promise<void> | undefined {
    if (this.#advance !== undefined) throw new Error('Calls of a collective are sequential');
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    try {
      if (advance()) return undefined;
    } catch (error) {
      return Promise.reject(this.#fail(error as Error));
    }
    this.#advance = advance;
    this.#spin.start();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #activity(): void {
    try {
      if (this.#advance === undefined || !this.#advance()) return this.#noticeLoss();
      this.#advance = undefined;
      this.#spin.stop();
      this.#resolve();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Nobody waits for a rank whose link is gone, even if it is not that rank's turn, or no call is pending here. */
  #noticeLoss(): void {
    for (const { rank, link } of this.peers) {
      if (link.closedBecause !== undefined && !link.hasBytes()) throw new NodeLostError(rank, link.closedBecause.message);
    }
  }

  /** The first failure is final: whoever waits learns of it, and the other ranks are told who was lost. */
  #fail(error: Error): Error {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = error;
    const advance = this.#advance;
    this.#advance = undefined;
    this.#spin.stop();
    for (const { link } of this.peers) {
      if (error instanceof NodeLostError) link.send('nodeLost', { rank: error.rank, reason: error.message.slice(0, 900) });
      link.close(error);
    }
    if (advance !== undefined) this.#reject(error);
    return error;
  }
}
