import { connect as connectPlain, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeIdentity, type Identity } from '../../../engine/cluster/identity.js';
import { headerBytes } from '../../../engine/wire/frame-codec.js';
import type { Link } from '../../../engine/wire/link.js';
import { dialTls, tlsOptions } from '../../../engine/wire/tls-link.js';
import { listenTls, type Listener, type ListenOptions } from '../../../engine/wire/tls-listener.js';
import { linkCompliance } from './link-compliance.js';

let master: Identity;
let worker: Identity;
let stranger: Identity;
beforeAll(async () => {
  [master, worker, stranger] = await Promise.all([makeIdentity(), makeIdentity(), makeIdentity()]);
});

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function listen(options: Partial<ListenOptions> = {}): Promise<{ listener: Listener; links: Link[] }> {
  const links: Link[] = [];
  const listener = await listenTls({
    host: '127.0.0.1', port: 0, identity: master, side: { channel: 'data', role: 'master' },
    accepts: (deviceId) => deviceId === worker.deviceId, onLink: (link) => void links.push(link), ...options,
  });
  cleanUps.push(() => {
    listener.close();
    for (const link of links) link.close();
  });
  return { listener, links };
}

const dial = (port: number, identity = worker, expects: string | undefined = master.deviceId) => dialTls({
  host: '127.0.0.1', port, identity, expects, side: { channel: 'data', role: 'worker' }, timeoutMs: 3000,
});

/** A server that is no Hearth listener; it ends with the test. */
async function serve(server: { listen: (port: number, host: string, then: () => void) => unknown; close: () => unknown;
  address: () => unknown; }): Promise<number> {
  cleanUps.push(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

linkCompliance('A TLS link', async () => {
  const { listener, links } = await listen();
  const link = await dial(listener.port);
  const other = links[0];
  if (other === undefined) throw new Error('The listener gave no link');
  return { master: other, worker: link, cleanUp: () => link.close() };
});

describe('Dialling', () => {
  test('each end knows the other by the hash of its certificate', async () => {
    const { listener, links } = await listen();
    const link = await dial(listener.port);
    cleanUps.push(() => link.close());
    expect([link.peerId, links[0]?.peerId]).toEqual([master.deviceId, worker.deviceId]);
  });

  test('a listener that is another device than expected is refused', async () => {
    const { listener } = await listen();
    await expect(dial(listener.port, worker, stranger.deviceId)).rejects.toMatchObject({ code: 'PEER_IDENTITY' });
  });

  test('a device that is not let in never counts as connected, and the listener hands out no link', async () => {
    const { listener, links } = await listen();
    await expect(dial(listener.port, stranger)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    expect(links).toEqual([]);
  });

  test('where nothing listens, the sentence names the address', async () => {
    const { listener } = await listen();
    const { port } = listener;
    listener.close();
    await expect(dial(port)).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE', message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
  });

  test('a listener that says nothing after the handshake is a timeout, not a connection', async () => {
    const sockets: TLSSocket[] = [];
    const port = await serve(createTlsServer(tlsOptions(master), (socket) => void sockets.push(socket)));
    await expect(dialTls({
      host: '127.0.0.1', port, identity: worker, expects: master.deviceId, timeoutMs: 300,
      side: { channel: 'data', role: 'worker' },
    })).rejects.toMatchObject({ code: 'LINK_TIMEOUT' });
    for (const socket of sockets) socket.destroy();
  });

  test('a listener that never shakes hands is a timeout', async () => {
    const sockets: Socket[] = [];
    const port = await serve(createServer((socket) => void sockets.push(socket)));
    await expect(dialTls({
      host: '127.0.0.1', port, identity: worker, expects: undefined, timeoutMs: 100,
      side: { channel: 'data', role: 'worker' },
    })).rejects.toMatchObject({ code: 'PEER_TIMEOUT' });
    for (const socket of sockets) socket.destroy();
  });

  test('a listener of another protocol version is refused with both numbers', async () => {
    const port = await serve(createTlsServer({ ...tlsOptions(master), requestCert: true }, (socket) => {
      const header = Buffer.alloc(headerBytes);
      header.writeUInt16LE(0x4e48, 0);
      header.writeUInt8(99, 2);
      socket.on('error', () => undefined);
      socket.write(header);
    }));
    await expect(dial(port)).rejects.toMatchObject({
      code: 'PROTOCOL_VERSION', message: expect.stringMatching(/version 99, this one \d+/) as string,
    });
  });
});

describe('Listening', () => {
  test('a port that is taken is named', async () => {
    const { listener } = await listen();
    await expect(listen({ port: listener.port })).rejects.toMatchObject({
      code: 'PORT_IN_USE', message: expect.stringContaining(String(listener.port)) as string,
    });
  });

  test('a client without a certificate gets no byte of the protocol', async () => {
    const { listener, links } = await listen({ accepts: () => true });
    const received: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false });
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    expect(Buffer.concat(received)).toHaveLength(0);
    expect(links).toEqual([]);
  });

  test('a client that speaks no TLS 1.3 is refused', async () => {
    const { listener, links } = await listen({ accepts: () => true });
    await new Promise<void>((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2',
        key: worker.keyPem, cert: worker.certificatePem,
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    expect(links).toEqual([]);
  });

  test('a resumed session is refused, though its device would be let in', async () => {
    const { listener, links } = await listen();
    const session = await new Promise<Buffer>((resolve, reject) => {
      const socket = connectTls({ ...tlsOptions(worker), host: '127.0.0.1', port: listener.port });
      socket.on('session', (ticket) => {
        resolve(ticket);
        socket.destroy();
      });
      socket.on('error', reject);
      socket.resume();
    });
    await expect.poll(() => links.length).toBe(1);
    const received: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const socket = connectTls({ ...tlsOptions(worker), host: '127.0.0.1', port: listener.port, session });
      socket.on('secureConnect', () => expect(socket.isSessionReused()).toBe(true));
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    expect(Buffer.concat(received)).toHaveLength(0);
    expect(links).toHaveLength(1);
  });

  test('half-open connections are few and short, and a real device still gets in afterwards', async () => {
    const { listener } = await listen({ maxPending: 3, handshakeTimeoutMs: 300 });
    let dropped = 0;
    const sockets = Array.from({ length: 10 }, () => {
      const socket = connectPlain(listener.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => (dropped += 1));
      socket.resume();
      return socket;
    });
    cleanUps.push(() => sockets.forEach((socket) => socket.destroy()));
    await expect.poll(() => dropped).toBeGreaterThanOrEqual(7);
    await expect.poll(() => dropped, { timeout: 5000 }).toBe(10);
    const link = await dial(listener.port);
    cleanUps.push(() => link.close());
    expect(link.peerId).toBe(master.deviceId);
  });

  test('links that were let in do not count as half open', async () => {
    const { listener, links } = await listen({ maxPending: 2, handshakeTimeoutMs: 100 });
    for (let index = 0; index < 5; index += 1) {
      const link = await dial(listener.port);
      cleanUps.push(() => link.close());
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(links.map((link) => link.closedBecause)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });
});
