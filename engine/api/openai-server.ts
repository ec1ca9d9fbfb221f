import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WrongUseError } from '../errors.js';
import type { ApiContext } from './api-context.js';
import { ApiError, asApiError } from './api-error.js';
import { answeredPreflight, checkKey, checkSender, openDoor, type Door, type DoorSettings } from './door.js';
import { sendFailure } from './exchange.js';
import { GrammarShelf } from './grammar-shelf.js';
import { RequestQueue } from './request-queue.js';
import { matchRoute, type BodyLimit } from './routes.js';
import type { ServedModel } from './served-model.js';
import { ServerMetrics } from './server-metrics.js';

export interface ServerSettings extends DoorSettings {
  model: ServedModel;
  modelId: string;
  /** Address to listen on; anything but the loopback needs a key. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Requests that may wait for their turn. */
  mostWaiting: number;
  mostBodyBytes: number;
  /** A fault of the server itself, for its log; never holds anything of a request. */
  onFault?: (error: unknown) => void;
}

const mostConnections = 512;
const timeouts = { headersTimeout: 15_000, requestTimeout: 120_000, keepAliveTimeout: 10_000, connectionsCheckingInterval: 5000 };

/** The client went away. */
class ClientGoneError extends Error {}

/** An OpenAI-compatible server for one loaded model. Close it before the model. */
export class OpenAiServer {
  readonly #server: Server;
  readonly #context: ApiContext & BodyLimit;
  #door: Door;
  readonly #running = new Map<AbortController, Promise<void>>();

  private constructor(private readonly settings: ServerSettings) {
    const queue = new RequestQueue(settings.mostWaiting);
    this.#context = {
      model: settings.model, modelId: settings.modelId, created: Math.floor(Date.now() / 1000), queue,
      metrics: new ServerMetrics(queue, () => settings.model.health?.().ready ?? true), grammars: new GrammarShelf(settings.model), mostBodyBytes: settings.mostBodyBytes,
    };
    this.#door = openDoor(settings.host, settings);
    this.#server = createServer(timeouts, (request, response) => this.#accept(request, response));
    this.#server.maxConnections = mostConnections;
    this.#server.on('clientError', refuseUnreadable);
  }

  /**
   * Listens.
   *
   * @throws WrongUseError API_KEY_NEEDED beyond the loopback, PORT_IN_USE, ADDRESS_UNUSABLE
   */
  static async start(settings: ServerSettings): Promise<OpenAiServer> {
    const server = new OpenAiServer(settings);
    await server.#listen();
    return server;
  }

  /**
   * Lets others in from the next request on; what is being answered goes on.
   *
   * @throws WrongUseError API_KEY_NEEDED, CORS_ORIGIN_WRONG; then nothing has changed
   */
  changeDoor(door: DoorSettings): void {
    this.#door = openDoor(this.settings.host, door);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    const { host } = this.settings;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}/v1`;
  }

  /** Ends what is being answered with an error its client can read, and stops listening. */
  async close(): Promise<void> {
    const stopped = new Promise((resolve) => this.#server.close(resolve));
    const reason = new ApiError(503, 'The server is shutting down.', { type: 'server_error', code: 'shutting_down' });
    const running = [...this.#running];
    for (const [controller] of running) controller.abort(reason);
    await Promise.all(running.map(([, done]) => done));
    this.#server.closeIdleConnections();
    const grace = setTimeout(() => this.#server.closeAllConnections(), 1000);
    await stopped;
    clearTimeout(grace);
  }

  async #listen(): Promise<void> {
    const { host, port } = this.settings;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, host, port)));
      this.#server.listen({ host, port }, resolve);
    });
    this.#server.removeAllListeners('error').on('error', (error) => this.settings.onFault?.(error));
  }

  #accept(request: IncomingMessage, response: ServerResponse): void {
    const controller = new AbortController();
    response.on('close', () => {
      if (response.writableFinished) return;
      this.#context.metrics.cancelled.add(1);
      controller.abort(new ClientGoneError());
    });
    // A broken connection is told by 'close'; an error without a listener would end the process.
    response.on('error', () => response.destroy());
    const done = this.#answer(request, response, controller.signal).finally(() => this.#running.delete(controller));
    this.#running.set(controller, done);
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    let route = 'other';
    try {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      checkSender(this.#door, request, response);
      if (answeredPreflight(request, response)) return;
      const path = (request.url ?? '/').split('?')[0]!;
      const matched = matchRoute(request.method ?? 'GET', path);
      route = matched.name;
      if (!matched.open) checkKey(this.#door.keys, request);
      await matched.answer(this.#context, { request, response, signal });
    } catch (error) {
      this.#fail(request, response, signal.aborted ? signal.reason : error);
    } finally {
      const status = response.headersSent ? response.statusCode : 'cancelled';
      this.#context.metrics.requests.add(1, { route, status });
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const cutShort = request.destroyed && !request.complete;
    if (cutShort || error instanceof ClientGoneError) return void response.destroy();
    if (asApiError(error).status >= 500 && !(error instanceof ApiError)) this.settings.onFault?.(error);
    sendFailure(response, error);
    // What is left of a body that nobody wants to read.
    request.resume();
  }
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new WrongUseError('PORT_IN_USE', `Port ${port} of ${host} is in use: choose another with --port.`, { cause: error });
  }
  return new WrongUseError('ADDRESS_UNUSABLE', `Cannot listen on ${host}, port ${port} (${error.code ?? 'unknown'}): choose others.`, { cause: error });
}

const unreadable: Record<string, [string, string]> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers of the request are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
};

/** What is no HTTP request is refused in the same shape as everything else. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, message] = unreadable[error.code ?? ''] ?? ['400 Bad Request', 'The request is not valid HTTP.'];
  const body = JSON.stringify(new ApiError(400, message).body());
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
