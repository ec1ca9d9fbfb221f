import type { IncomingMessage, ServerResponse } from 'node:http';
import { asApiError, type ApiError } from './api-error.js';

/** One request and its response. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Aborts when the client goes away or the server stops. */
  signal: AbortSignal;
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = Buffer.from(JSON.stringify(body), 'utf8');
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': text.length, ...headers });
  response.end(text);
}

export function sendText(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** Tells the client what went wrong: as the response, or as the last event of a stream that has begun. */
export function sendFailure(response: ServerResponse, failure: unknown): ApiError {
  const error = asApiError(failure);
  if (response.destroyed || response.writableEnded) return error;
  if (response.headersSent) response.end(`data: ${JSON.stringify(error.body())}\n\n`);
  else sendJson(response, error.status, error.body(), error.details.headers);
  return error;
}
