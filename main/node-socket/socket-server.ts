import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { WrongUseError } from '../../engine/errors.js';
import type { HomeNode } from '../../engine/home-node.js';
import { failedEvent } from '../../engine/home-node/asked-failure.js';
import { requestOf } from '../../engine/home-node/asked-pieces.js';
import { onLines } from './line-reader.js';
import { nodeRequestShape, type NodeReply, type NodeRequest } from './socket-messages.js';
import { makeSocketFolder, nodeSocketPath } from './socket-path.js';

/** The part of a node that commands of the same laptop use. */
export type ServedNode = Pick<HomeNode, 'state' | 'ask' | 'pin' | 'wantPaused' | 'rename'>;

/** Lets the commands of this laptop talk to its node. Rejects with WrongUseError NODE_RUNNING where another one runs. */
export async function serveNode(folder: string, node: ServedNode): Promise<{ close(): Promise<void> }> {
  const path = nodeSocketPath(folder);
  await makeSocketFolder(path);
  if (await answers(path)) {
    throw new WrongUseError('NODE_RUNNING', 'A node of Hearth runs on this laptop already; `hearth cluster` shows it.');
  }
  // What a node left behind that was killed.
  if (process.platform !== 'win32') await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    hear(socket, node);
  });
  await listen(server, path);
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Whether a node runs and answers there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Nobody else may open it, not even in the moment before its mode is set.
    const before = process.platform === 'win32' ? 0 : process.umask(0o177);
    server.listen(path, () => resolve());
    if (process.platform !== 'win32') process.umask(before);
  });
  if (process.platform !== 'win32') await chmod(path, 0o600);
}

function hear(socket: Socket, node: ServedNode): void {
  const gone = new AbortController();
  socket.on('error', () => undefined);
  socket.once('close', () => gone.abort());
  const send = (reply: NodeReply): void => void socket.write(`${JSON.stringify(reply)}\n`);
  let asked = false;
  onLines(socket, (line) => {
    // One request a connection.
    if (asked) return void socket.destroy();
    asked = true;
    const request = parse(line);
    if (request === null) return void socket.destroy();
    answer(request, node, send, gone.signal)
      .catch((error: unknown) => send({ kind: 'event', event: failedEvent(error) }))
      .finally(() => socket.end());
  });
}

function parse(line: string): NodeRequest | null {
  try {
    return nodeRequestShape.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

async function answer(request: NodeRequest, node: ServedNode, send: (reply: NodeReply) => void, signal: AbortSignal): Promise<void> {
  switch (request.kind) {
    case 'state':
      send({ kind: 'state', state: node.state() });
      return;
    case 'ask':
      for await (const event of node.ask(requestOf(request.asked), signal)) send({ kind: 'event', event });
      return;
    case 'pin':
      node.pin(request.deviceId);
      break;
    case 'pause':
      await node.wantPaused(request.paused, request.deviceId ?? undefined);
      break;
    case 'rename':
      await node.rename(request.name, request.deviceId ?? undefined);
      break;
  }
  send({ kind: 'done' });
}
