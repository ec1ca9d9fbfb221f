import type { IncomingMessage, ServerResponse } from 'node:http';
import { WrongUseError } from '../errors.js';
import { ApiError } from './api-error.js';
import { bearerKey, type ApiKeys } from './api-keys.js';
import { checkedOrigin, hostName, isAllowedHost, isLoopback } from './origin-check.js';

/** Who may ask; can change while the server runs. */
export interface DoorSettings {
  keys: ApiKeys;
  /** Web pages that may use the server, as origins. */
  corsOrigins: readonly string[];
  /** Further names this machine is asked by. */
  allowedHosts: readonly string[];
}

/** Who may ask, ready to be compared. */
export interface Door {
  /** Names, beside the loopback's, under which this server may be asked. Lower case, without ports. */
  hosts: ReadonlySet<string>;
  /** Web pages that may ask. */
  origins: ReadonlySet<string>;
  keys: ApiKeys;
}

/** @throws WrongUseError API_KEY_NEEDED where others than this machine would need none, CORS_ORIGIN_WRONG */
export function openDoor(host: string, { keys, corsOrigins, allowedHosts }: DoorSettings): Door {
  if (!isLoopback(host) && !keys.required) {
    throw new WrongUseError(
      'API_KEY_NEEDED',
      `Other machines can reach ${host}: make a key with \`hearth serve --new-api-key NAME\` first, or listen on 127.0.0.1.`,
    );
  }
  const hosts = [host, ...allowedHosts].map((name) => hostName(name.includes(':') ? `[${name}]` : name));
  return { hosts: new Set(hosts.filter((name) => name !== null)), origins: new Set(corsOrigins.map(checkedOrigin)), keys };
}

/**
 * Checks Host and Origin, and lets configured web pages see the response.
 *
 * @throws ApiError 403
 */
export function checkSender(door: Door, request: IncomingMessage, response: ServerResponse): void {
  if (!isAllowedHost(request.headers.host, door.hosts, request.socket.localAddress)) {
    throw new ApiError(403, 'This server does not answer under that host name. Use its address, or allow the name with --allowed-host.', {
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
