import type { ServerResponse } from 'node:http';

const heartbeatMs = 15_000;
const longestStallMs = 60_000;

/** Server-sent events on one response. While nothing is said, comments keep the connection from being given up. */
export class EventStream {
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(private readonly response: ServerResponse) {}

  /** Begins the response: from here on a failure can only be told as an event. */
  open(): void {
    this.response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no',
    });
    this.response.flushHeaders();
    this.response.socket?.setNoDelay(true);
    this.#heartbeat = setInterval(() => void this.response.write(': waiting\n\n'), heartbeatMs).unref();
  }

  /** Sends one event; waits while the client is slower than the model. */
  async send(data: unknown): Promise<void> {
    this.#heartbeat?.refresh();
    if (this.response.destroyed) return;
    if (!this.response.write(`data: ${JSON.stringify(data)}\n\n`)) await this.#drained();
  }

  /** Sends the last event and ends the response. */
  end(): void {
    this.close();
    if (!this.response.destroyed) this.response.end('data: [DONE]\n\n');
  }

  /** No more comments. */
  close(): void {
    clearInterval(this.#heartbeat);
  }

  /** Gives up a client that does not read: its answer would only pile up here. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.response.destroy(), longestStallMs);
      const done = (): void => {
        clearTimeout(timer);
        this.response.off('drain', done).off('close', done);
        resolve();
      };
      this.response.on('drain', done).on('close', done);
    });
  }
}
