import { WrongUseError } from '../errors.js';
import type { CatalogueEnvironment } from './models-folder.js';

const defaultEndpoint = 'https://huggingface.co';

/** The server that models are pulled from, and who asks. */
export interface HubEndpoint {
  /** Ends with a slash; a path before it is kept (mirrors live under one). */
  base: URL;
  /** Sent to `base`'s origin alone; never logged, never part of an error. */
  token: string | null;
}

/**
 * Reads `HF_ENDPOINT` and `HF_TOKEN`.
 * @throws WrongUseError for an address that is not https (plain http is for loopback only) or a malformed token.
 */
export function hubEndpoint(env: CatalogueEnvironment = process.env): HubEndpoint {
  const token = env['HF_TOKEN']?.trim() || null;
  if (token !== null && !/^[\u0021-\u007e]+$/.test(token)) {
    throw new WrongUseError('TOKEN_MALFORMED', 'HF_TOKEN holds characters that no token has; copy it again.');
  }
  return { base: endpointAddress(env['HF_ENDPOINT']?.trim() || defaultEndpoint), token };
}

function endpointAddress(given: string): URL {
  let base: URL;
  try {
    base = new URL(given.endsWith('/') ? given : `${given}/`);
  } catch {
    throw new WrongUseError(
      'ENDPOINT_MALFORMED',
      'HF_ENDPOINT is not an address; give one like https://huggingface.co.',
    );
  }
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') {
    const sentence =
      'HF_ENDPOINT must be an address alone, without name, password or query; a token belongs in HF_TOKEN.';
    throw new WrongUseError('ENDPOINT_MALFORMED', sentence);
  }
  if (base.protocol !== 'https:' && !(base.protocol === 'http:' && isLoopback(base))) {
    const sentence = `HF_ENDPOINT ${base.origin} is not https; plain http is for this machine's own addresses only.`;
    throw new WrongUseError('ENDPOINT_INSECURE', sentence, { values: { address: base.origin } });
  }
  return base;
}

/**
 * Whether a redirect may be followed: to https anywhere but this machine, so that a server cannot make us fetch from
 * services that only this machine reaches; an endpoint on this machine may name others on it.
 */
export function mayFollow(hub: HubEndpoint, to: URL): boolean {
  if (isLoopback(to)) return isLoopback(hub.base) && (to.protocol === 'https:' || to.protocol === 'http:');
  return to.protocol === 'https:';
}

function isLoopback(address: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(address.hostname);
}
