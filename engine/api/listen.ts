import { once } from 'node:events';
import { createServer, isIPv6, type Server } from 'node:net';
import { WrongUseError } from '../errors.js';

/**
 * Resolves once `server` listens.
 *
 * @param port 0 = any free port
 * @throws WrongUseError PORT_IN_USE, ADDRESS_UNUSABLE
 */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenFailure(error as NodeJS.ErrnoException, host, port);
  }
}

/** Finds out whether a server could listen there, before something slow is done for it. Throws as {@link listen}. */
export async function checkCanListen(host: string, port: number): Promise<void> {
  const probe = createServer();
  await listen(probe, host, port);
  await new Promise((resolve) => probe.close(resolve));
}

/** What clients use as their base URL for a server that listens there. */
export function baseUrl(host: string, port: number): string {
  const asked = isWildcard(host) ? '127.0.0.1' : host;
  return `http://${isIPv6(asked) ? `[${asked}]` : asked}:${port}/v1`;
}

/** Stands for every address of this machine; nobody can be asked under it. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): WrongUseError {
  if (error.code === 'EADDRINUSE') {
    return new WrongUseError('PORT_IN_USE', `Port ${port} of ${host} is in use: choose another with --port.`, { cause: error, values: { port } });
  }
  return new WrongUseError('ADDRESS_UNUSABLE', `Cannot listen on ${host}, port ${port} (${error.code ?? 'unknown'}): choose others.`, {
    cause: error, values: { host, port },
  });
}
