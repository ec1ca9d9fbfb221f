import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiContext } from './api-context.js';
import { ApiError, asApiError } from './api-error.js';
import { answeredPreflight, checkKey, checkSender, openDoor, type Door, type DoorSettings } from './door.js';
import { sendFailure } from './exchange.js';
import { faultLine } from './fault-line.js';
import { GrammarShelf } from './grammar-shelf.js';
import { baseUrl, listen } from './listen.js';
import { RequestQueue } from './request-queue.js';
import { matchRoute, type BodyLimit } from './routes.js';
import type { ServedModel } from './served-model.js';
import { ServerMetrics } from './server-metrics.js';
import { refuseUnreadable } from './unreadable-request.js';

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
  /** Hears of each fault of the server itself, as a line for its log; it never holds anything of a request. */
  onFault?: (line: string) => void;
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
      metrics: new ServerMetrics(queue, () => settings.model.health?.().ready ?? true),
      grammars: new GrammarShelf(settings.model), mostBodyBytes: settings.mostBodyBytes,
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
    await listen(server.#server, settings.host, settings.port);
    server.#server.on('error', (error) => settings.onFault?.(faultLine(error)));
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
    return baseUrl(this.settings.host, this.port);
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
    if (asApiError(error).status >= 500 && !(error instanceof ApiError)) this.settings.onFault?.(faultLine(error));
    sendFailure(response, error);
    // What is left of a body that nobody wants to read.
    request.resume();
  }
}
