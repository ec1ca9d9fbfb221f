// Somebody on the home's network who means no good: knocks at ports of a laptop in ways that no Hearth does, or plays a recorded
// pairing again. Takes one JSON object, says one JSON object.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { pathToFileURL } from 'node:url';

const load = (...path) => import(pathToFileURL(join(resolve(process.env.HEARTH_DIST ?? 'dist'), 'engine', ...path)).href);
const { Home } = await load('cluster', 'home.js');
const { loadOrCreateIdentity } = await load('cluster', 'identity.js');
const { pairWith } = await load('cluster', 'pairing-session.js');
const { FrameLink } = await load('wire', 'frame-link.js');
const { messages, protocolVersion } = await load('wire', 'messages.js');
const { dialTls, tlsOptions } = await load('wire', 'tls-link.js');
const { receiveControl } = await load('wire', 'control.js');

const order = JSON.parse(process.argv[2]);
const { folder, host } = order;
const identity = await loadOrCreateIdentity(folder);

function frame({ name, version = protocolVersion, type = messages[name]?.type ?? 0, body = '', bytes, sequence = 0 }) {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(0x4e48, 0);
  head.writeUInt8(version, 2);
  head.writeUInt8(type, 3);
  head.writeUInt32LE(bytes ?? body.length, 4);
  head.writeUInt32LE(sequence, 8);
  return Buffer.concat([head, Buffer.from(body)]);
}

const hello = JSON.stringify({ hearthVersion: '0.1.0', boot: 'ab'.repeat(16), name: 'guest', port: 29_510 });
const sayings = {
  garbage: () => randomBytes(4096),
  oldProtocol: () => frame({ name: 'memberHello', version: protocolVersion - 1, body: hello }),
  oversized: () => frame({ name: 'memberHello', bytes: 2 ** 31 }),
  outOfOrder: () => frame({ name: 'memberHello', body: hello, sequence: 5 }),
  unknown: () => frame({ type: 250 }),
  malformed: () => frame({ name: 'memberHello', body: '{}' }),
  ofAnotherPort: () => frame({ name: 'pairHello', body: JSON.stringify({ hearthVersion: '0.1.0', name: 'guest' }) }),
  garbageAfterHello: () => Buffer.concat([frame({ name: 'memberHello', body: hello }), randomBytes(4096)]),
  memberHello: () => frame({ name: 'memberHello', body: hello }),
  blocks: () => Buffer.from(`GET /blocks/${'0'.repeat(64)} HTTP/1.1\r\nHost: x\r\n\r\n`),
};

/** One connection: what it heard, and whether it was closed on it. */
function knock({ port, as, saying }) {
  const open = { host, port };
  const socket = as === 'plain' ? connect(open)
    : connectTls(as === 'anonymous' ? { ...open, rejectUnauthorized: false } : { ...open, ...tlsOptions(identity), servername: '' });
  return new Promise((settle) => {
    const heard = [];
    const done = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      settle({ port, as, saying, heard: Buffer.concat(heard).toString('latin1'), closed });
    };
    const timer = setTimeout(() => done(false), 20_000);
    socket.once(as === 'plain' ? 'connect' : 'secureConnect', () => socket.write(sayings[saying]()));
    socket.on('data', (bytes) => heard.push(bytes));
    socket.on('error', () => undefined);
    socket.once('close', () => done(true));
  });
}

/** Pairs as any laptop does, and keeps every word it said. */
async function pairRecording({ code, port }) {
  const said = [];
  const { send } = FrameLink.prototype;
  FrameLink.prototype.send = function (name, body) {
    said.push([name, body]);
    return send.call(this, name, body);
  };
  const home = await Home.open({ folder, identity, name: 'guest' });
  await pairWith({ identity, home, name: 'guest', hearthVersion: '0.1.0', host, port, person: { compare: () => false, typeCode: () => Promise.resolve(code) } });
  home.close();
  // The first link only asked whose code is shown.
  return { said: said.slice(said.findLastIndex(([name]) => name === 'pairHello')) };
}

/** Says the same words again, whatever comes back; the last thing heard. */
async function replay({ said, port }) {
  const link = await dialTls({ host, port, identity, expects: undefined, side: { channel: 'pairing', role: 'worker' }, timeoutMs: 5_000 });
  const heard = [];
  for (const [name, body] of said) {
    link.send(name, body);
    try {
      heard.push((await receiveControl(link, ['pairWelcome', 'pairAnswer', 'pairAccept', 'pairHome', 'pairAdd', 'pairDone'], 5_000)).name);
    } catch (error) {
      heard.push(error.code);
      break;
    }
  }
  return { heard };
}

async function knockAll({ knocks }) {
  const results = [];
  const queue = knocks.values();
  const work = async () => {
    for (const one of queue) results.push(await knock(one));
  };
  await Promise.all([work(), work(), work(), work()]);
  return { results };
}

const acts = { knockAll, pairRecording, replay };
process.stdout.write(`${JSON.stringify(await acts[order.act](order))}\n`, () => process.exit(0));
