import { connect, type Socket } from 'node:net';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { ClusterFailedError } from '../../engine/errors.js';
import type { AnswerEvent } from '../../engine/home-node.js';
import { failureOf } from '../../engine/home-node/asked-failure.js';
import { EventStream } from '../../engine/home-node/event-stream.js';
import type { Asked } from '../../engine/wire/asked.js';
import { onLines } from './line-reader.js';
import { nodeReplyShape, type NodeReply, type NodeRequest } from './socket-messages.js';
import { nodeSocketPath } from './socket-path.js';

/** The node that runs on this laptop, as a command sees it. */
export class RunningNode {
  private constructor(private readonly path: string) {}

  /** Null where no node runs in that folder. */
  static async find(folder: string): Promise<RunningNode | null> {
    const path = nodeSocketPath(folder);
    const socket = await open(path);
    socket?.destroy();
    return socket === null ? null : new RunningNode(path);
  }

  async state(): Promise<HomeState> {
    for await (const reply of this.#request({ kind: 'state' })) if (reply.kind === 'state') return reply.state;
    throw gone();
  }

  /** Has the node do something; rejects with what it refused. */
  async do(request: Exclude<NodeRequest, { kind: 'state' | 'ask' }>): Promise<void> {
    for await (const reply of this.#request(request)) {
      if (reply.kind === 'done') return;
      if (reply.kind === 'event' && reply.event.kind === 'failed') throw failureOf(reply.event);
    }
    throw gone();
  }

  /** Asks the home; an abort hangs up, which ends the answer there. */
  async *ask(asked: Asked, signal?: AbortSignal): AsyncGenerator<AnswerEvent, void, undefined> {
    let ended = false;
    for await (const reply of this.#request({ kind: 'ask', asked }, signal)) {
      if (reply.kind !== 'event') continue;
      const { event } = reply;
      if (event.kind === 'failed') throw failureOf(event);
      ended = event.kind === 'end';
      yield event as AnswerEvent;
    }
    if (!ended && signal?.aborted !== true) throw gone();
  }

  async *#request(request: NodeRequest, signal?: AbortSignal): AsyncGenerator<NodeReply, void, undefined> {
    const socket = await open(this.path);
    if (socket === null) throw gone();
    const replies = new EventStream<NodeReply>();
    const hangUp = (): void => void socket.destroy();
    signal?.addEventListener('abort', hangUp, { once: true });
    onLines(socket, (line) => {
      const reply = nodeReplyShape.safeParse(JSON.parse(line));
      if (reply.success) replies.push(reply.data);
    });
    socket.once('close', () => replies.end());
    if (signal?.aborted === true) hangUp();
    else socket.write(`${JSON.stringify(request)}\n`);
    try {
      yield* replies;
    } finally {
      signal?.removeEventListener('abort', hangUp);
      socket.destroy();
    }
  }
}

function open(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.on('error', () => resolve(null));
  });
}

function gone(): ClusterFailedError {
  return new ClusterFailedError('NODE_GONE', 'The node of this laptop ended meanwhile. Start it again with `hearth node`.');
}
