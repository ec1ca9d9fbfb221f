import { isIP, isIPv4 } from 'node:net';
import { WrongUseError } from '../errors.js';

const loopbackNames = new Set(['localhost', '[::1]']);

/**
 * True if a request's Host header names this machine's loopback, a host that was configured, or the very address that
 * the request came in on. A page of another site that points its own name at this address (DNS rebinding) sends its own
 * name, never an address.
 *
 * @param reached this machine's address on the connection
 */
export function isAllowedHost(header: string | undefined, configured: ReadonlySet<string>, reached?: string): boolean {
  const name = hostName(header ?? '');
  if (name === null) return false;
  if (loopbackNames.has(name) || (isIPv4(name) && name.startsWith('127.')) || configured.has(name)) return true;
  // A socket for both families tells an IPv4 address as an IPv6 one.
  const address = reached?.replace(/^::ffff:/i, '').toLowerCase();
  return address !== undefined && isIP(address) !== 0 && name === (isIPv4(address) ? address : `[${address}]`);
}

/** The name in a Host header, lower case and without its port; null if it is none. */
export function hostName(header: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header);
  return match?.[1]?.toLowerCase().replace(/\.$/, '') ?? null;
}

/** True for addresses that only this machine can reach. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/**
 * An origin as browsers send it.
 *
 * @throws WrongUseError CORS_ORIGIN_WRONG when it is anything but scheme, host and port
 */
export function checkedOrigin(origin: string): string {
  const url = parsed(origin);
  if (url !== null && url.origin !== 'null' && url.href === `${url.origin}/`) return url.origin;
  throw new WrongUseError('CORS_ORIGIN_WRONG', `${origin} is not an origin; give scheme and host, such as http://localhost:3000.`, {
    values: { origin },
  });
}

/** `URL.canParse` is younger than the oldest Node that this runs on. */
function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
