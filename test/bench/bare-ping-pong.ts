import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { TlsIdentity } from '../../engine/wire/device-id.js';
import { tlsOptions } from '../../engine/wire/tls-link.js';

/** Sends back every `bytes` bytes that came, as one write: all that TLS between two Node processes can be. */
export async function answerPings(identity: TlsIdentity, bytes: number): Promise<number> {
  const reply = Buffer.alloc(bytes, 1);
  const server = createServer({ ...tlsOptions(identity), requestCert: true }, (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    let came = 0;
    socket.on('data', (chunk: Buffer) => {
      came += chunk.length;
      if (came < bytes) return;
      came -= bytes;
      socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Connections to those who answer pings. */
export class Pinger {
  readonly #sockets: TLSSocket[] = [];
  #missing = 0;
  #done: () => void = () => undefined;

  private constructor(private readonly bytes: number, private readonly ping = Buffer.alloc(bytes, 2)) {}

  static async connect(identity: TlsIdentity, ports: readonly number[], bytes: number): Promise<Pinger> {
    const pinger = new Pinger(bytes);
    for (const port of ports) await pinger.#open(identity, port);
    return pinger;
  }

  /** Sends a ping on the first `peers` connections and waits for all answers. */
  round(peers: number): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#missing = peers;
      for (const socket of this.#sockets.slice(0, peers)) socket.write(this.ping);
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #open(identity: TlsIdentity, port: number): Promise<void> {
    const socket = connect({ ...tlsOptions(identity), host: '127.0.0.1', port, servername: '' });
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    socket.setNoDelay(true);
    let came = 0;
    socket.on('data', (chunk: Buffer) => {
      came += chunk.length;
      if (came < this.bytes) return;
      came -= this.bytes;
      this.#missing -= 1;
      if (this.#missing === 0) this.#done();
    });
    this.#sockets.push(socket);
  }
}
