import type { IncomingMessage } from 'node:http';
import { ApiError, invalidRequest } from './api-error.js';

/** Bytes of a refused body that are still read and thrown away, so that the client gets to see the refusal. */
const mostDiscarded = 64 * 1024 * 1024;
const deepest = 128;

/**
 * The JSON value of a request's body.
 *
 * @throws ApiError 415 for another content type or an encoding, 413 above `mostBytes`, 400 if it is not JSON
 */
export async function readJsonBody(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ApiError(415, `Unsupported content type: '${type.slice(0, 100)}'. This API takes 'application/json'.`, {
      code: 'unsupported_content_type',
    });
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new ApiError(415, 'Encoded bodies are not supported: send the JSON as it is.', { code: 'unsupported_encoding' });
  }
  return parsed(await readBody(request, mostBytes));
}

async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= mostBytes) pieces.push(piece);
    else pieces.length = 0;
    if (bytes > mostBytes + mostDiscarded) break;
  }
  if (bytes <= mostBytes) return Buffer.concat(pieces);
  throw new ApiError(413, `The body is larger than ${mostBytes} bytes: shorten the request.`, {
    code: 'request_too_large', headers: { Connection: 'close' },
  });
}

function parsed(body: Buffer): unknown {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (!isTooDeep(text)) value = JSON.parse(text);
  } catch {
    throw invalidRequest('We could not parse the JSON body of your request: it is not valid JSON in UTF-8.');
  }
  if (value === undefined) throw invalidRequest(`The JSON body of your request is nested more than ${deepest} deep.`);
  return value;
}

/** Found before parsing: nothing behind this door needs to fear a value that overflows its stack. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > deepest) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}
