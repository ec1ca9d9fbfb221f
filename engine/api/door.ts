import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.js';
import { bearerKey, type ApiKeys } from './api-keys.js';
import { isAllowedHost } from './origin-check.js';

/** Who may ask. */
export interface DoorSettings {
  /** Names, beside the loopback's, under which this server may be asked. Lower case, without ports. */
  hosts: ReadonlySet<string>;
  /** Web pages that may ask. */
  origins: ReadonlySet<string>;
  keys: ApiKeys;
}

/**
 * Checks Host and Origin, and lets configured web pages see the response.
 *
 * @throws ApiError 403
 */
export function checkSender(door: DoorSettings, request: IncomingMessage, response: ServerResponse): void {
  if (!isAllowedHost(request.headers.host, door.hosts)) {
    throw new ApiError(403, 'This server does not answer under that host name. Use localhost, or allow it with --allowed-host.', {
      type: 'permission_error', code: 'host_not_allowed',
    });
  }
  const { origin } = request.headers;
  if (origin === undefined) return;
  if (!door.origins.has(origin)) {
    throw new ApiError(403, 'Pages of this origin may not use this server. Allow it with --cors-origin.', {
      type: 'permission_error', code: 'origin_not_allowed',
    });
  }
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Vary', 'Origin');
}

/** Answers a browser's question whether a page may ask at all. True if the request was one. */
export function answeredPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'OPTIONS' || request.headers.origin === undefined) return false;
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers': request.headers['access-control-request-headers'] ?? 'authorization, content-type',
    'Access-Control-Allow-Private-Network': 'true',
    'Access-Control-Max-Age': '600',
  });
  response.end();
  return true;
}

/** @throws ApiError 401 when a key is asked for and none that is known came */
export function checkKey(keys: ApiKeys, request: IncomingMessage): void {
  if (!keys.required) return;
  const key = bearerKey(request.headers.authorization);
  if (key !== null && keys.accepts(key)) return;
  const [message, code] = key === null
    ? ["You didn't provide an API key: send it in the header 'Authorization: Bearer KEY'.", null]
    : ['Incorrect API key provided.', 'invalid_api_key'];
  throw new ApiError(401, message, { type: 'authentication_error', code, headers: { 'WWW-Authenticate': 'Bearer' } });
}
