/**
 * Starts Electron inside a network namespace for a test driver outside: `electron-in-namespace.mjs NAMESPACE PROGRAM ARGUMENTS…`. The ports that
 * Electron opens for its driver are on the namespace's own loopback, so each is carried to a port of this side, and the lines that name
 * them name that one. Nothing else crosses: what the app itself does stays in the namespace.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const inside = ['ip', 'netns', 'exec'];

/** Joins two ends: whichever breaks takes the other along. */
function joinEnds(one, other) {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
}

/** In the namespace: whoever comes by the socket file says a port first, in two bytes, and is led to it. */
function door(file) {
  createServer((caller) => {
    caller.once('readable', () => {
      const port = caller.read(2)?.readUInt16BE();
      if (port === undefined) return void caller.destroy();
      return joinEnds(caller, connect(port, '127.0.0.1'));
    });
  }).listen(file, () => console.log('open'));
  // It ends with whoever started it.
  process.stdin.resume().once('end', () => process.exit());
}

/** A port of this side that leads to `port` in the namespace. */
async function carry(file, port) {
  const server = createServer((caller) => {
    const way = connect(file);
    const said = Buffer.alloc(2);
    said.writeUInt16BE(port);
    way.write(said);
    joinEnds(caller, way);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return server.address().port;
}

async function start(namespace, program, args) {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-door-'));
  const file = join(folder, 'door');
  const [ip, ...words] = [...inside, namespace];
  const keeper = spawn(ip, [...words, process.execPath, import.meta.filename, '--door', file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(keeper.stdout, 'data');
  const app = spawn(ip, [...words, program, ...args], { stdio: ['inherit', 'inherit', 'pipe'] });
  let last = Promise.resolve();
  createInterface({ input: app.stderr }).on('line', (line) => {
    const [, before, port, after] = /^(.* listening on ws:\/\/127\.0\.0\.1:)(\d+)(\/.*)$/.exec(line) ?? [];
    last = last.then(async () => {
      process.stderr.write(port === undefined ? `${line}\n` : `${before}${await carry(file, Number(port))}${after}\n`);
    });
  });
  const [code] = await once(app, 'exit');
  keeper.stdin.end();
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 1);
}

const [first, second, ...others] = process.argv.slice(2);
await (first === '--door' ? door(second) : start(first, second, others));
