import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Home } from '../../../engine/cluster/home.js';
import { makePairingCode } from '../../../engine/cluster/pairing-code.js';
import type { CompareDigits } from '../../../engine/cluster/pairing-compare.js';
import { commitmentTo } from '../../../engine/cluster/pairing-digits.js';
import { PairingDoor, type PairingWay } from '../../../engine/cluster/pairing-door.js';
import { PairingLock } from '../../../engine/cluster/pairing-lock.js';
import { pairWith, type PairingPerson, type PairingSelf } from '../../../engine/cluster/pairing-session.js';
import { receiveControl } from '../../../engine/wire/control.js';
import type { Link } from '../../../engine/wire/link.js';
import { dialTls, tlsOptions } from '../../../engine/wire/tls-link.js';
import { listenTls } from '../../../engine/wire/tls-listener.js';
import { testIdentity } from './home-devices.js';

let folder: string;
const cleanUps: (() => void)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-pairing-'));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
  await rm(folder, { recursive: true, force: true });
});

async function laptop(name: string, index: number): Promise<PairingSelf> {
  const identity = await testIdentity(index);
  const home = await Home.open({ folder: join(folder, name), identity, name });
  return { identity, home, name, hearthVersion: '0.1.0' };
}

interface Opened {
  door: PairingDoor;
  refusals: string[];
}

async function open(
  self: PairingSelf, way: PairingWay, extra: { lock?: PairingLock; openMs?: number } = {},
): Promise<Opened> {
  const refusals: string[] = [];
  const door = await PairingDoor.open({
    ...self, host: '127.0.0.1', port: 0, way, lock: new PairingLock(), ...extra,
    onRefused: (_, error) => void refusals.push((error as { code?: string }).code ?? error.message),
  });
  cleanUps.push(() => door.close());
  return { door, refusals };
}

const never: PairingPerson = {
  compare: () => Promise.reject(new Error('nobody should be asked to compare')),
  typeCode: () => Promise.reject(new Error('nobody should be asked to type')),
};
const types = (code: string): PairingPerson => ({ ...never, typeCode: () => Promise.resolve(code) });
const names = (self: PairingSelf): string[] => self.home.members().map((member) => member.name).sort();

/** Two people before two screens, who confirm when both have seen their digits and they are the same. */
function twoScreens(): [CompareDigits, CompareDigits, string[]] {
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  const screen: CompareDigits = async (digits) => {
    seen.push(digits);
    if (seen.length === 2) for (const go of waiting) go();
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return seen[0] === seen[1];
  };
  return [screen, screen, seen];
}

const dial = async (port: number, index: number): Promise<Link> => {
  const link = await dialTls({
    host: '127.0.0.1', port, identity: await testIdentity(index), expects: undefined, timeoutMs: 5000,
    side: { channel: 'pairing', role: 'worker' },
  });
  cleanUps.push(() => link.close());
  return link;
};
const to = (opened: Opened) => ({ host: '127.0.0.1', port: opened.door.port });

describe('Pairing between two screens', () => {
  test('shows the same six digits on both and makes one home', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const [left, right, seen] = twoScreens();
    const opened = await open(ada, { kind: 'digits', compare: left });
    const pairing = await pairWith({ ...ben, ...to(opened), person: { ...never, compare: right } });
    expect(pairing).toMatchObject({ peer: { name: 'ada', deviceId: ada.identity.deviceId }, added: [{ name: 'ada' }] });
    expect(await opened.door.paired).toMatchObject({ peer: { name: 'ben' }, added: [{ name: 'ben' }] });
    expect(seen[0]).toMatch(/^[0-9]{6}$/);
    expect([names(ada), names(ben)]).toEqual([['ada', 'ben'], ['ada', 'ben']]);
  });

  test('joins two homes that each have members', async () => {
    const all = await Promise.all(['ada', 'ben', 'cleo', 'dora'].map((name, index) => laptop(name, index)));
    const [ada, ben, cleo, dora] = all as [PairingSelf, PairingSelf, PairingSelf, PairingSelf];
    for (const [a, b] of [[ada, ben], [cleo, dora], [ben, cleo]] as const) {
      const [left, right] = twoScreens();
      const opened = await open(a, { kind: 'digits', compare: left });
      await pairWith({ ...b, ...to(opened), person: { ...never, compare: right } });
      await opened.door.paired;
    }
    await dora.home.merge(cleo.home.changes());
    await ada.home.merge(ben.home.changes());
    for (const one of all) expect(names(one)).toEqual(['ada', 'ben', 'cleo', 'dora']);
  });

  test.each(['here', 'there'])('joins nothing when the person %s says no', async (where) => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const [left, right] = twoScreens();
    const no: CompareDigits = async (...question) => {
      await (where === 'here' ? left : right)(...question);
      return false;
    };
    const opened = await open(ada, { kind: 'digits', compare: where === 'here' ? no : left });
    await expect(pairWith({ ...ben, ...to(opened), person: { ...never, compare: where === 'here' ? right : no } }))
      .rejects.toMatchObject({ code: 'PAIRING_DECLINED' });
    await expect.poll(() => opened.refusals).toEqual(['PAIRING_DECLINED']);
    expect([names(ada), names(ben)]).toEqual([['ada'], ['ben']]);
  });

  test('shows different digits when somebody stands in between with certificates of his own', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const [left, right, seen] = twoScreens();
    const opened = await open(ada, { kind: 'digits', compare: left });
    const towardsAda = await dial(opened.door.port, 4);
    const between = await listenTls({
      host: '127.0.0.1', port: 0, identity: await testIdentity(4), side: { channel: 'pairing', role: 'master' },
      accepts: () => true, onLink: (towardsBen) => void relay(towardsBen, towardsAda),
    });
    cleanUps.push(() => between.close());
    await expect(pairWith({ ...ben, host: '127.0.0.1', port: between.port, person: { ...never, compare: right } }))
      .rejects.toMatchObject({ code: 'PAIRING_DECLINED' });
    expect(seen).toHaveLength(2);
    expect(seen[0]).not.toBe(seen[1]);
    expect([names(ada), names(ben)]).toEqual([['ada'], ['ben']]);
  });

  test('cannot be steered by opening a commitment to something else', async () => {
    const ada = await laptop('ada', 0);
    const opened = await open(ada, { kind: 'digits', compare: never.compare });
    const link = await dial(opened.door.port, 1);
    link.send('pairHello', { hearthVersion: '0.1.0', name: 'ben' });
    await receiveControl(link, ['pairWelcome'], 5000);
    link.send('pairCommit', { commitment: commitmentTo((await testIdentity(1)).deviceId, '1a'.repeat(32)) });
    await receiveControl(link, ['pairNonce'], 5000);
    link.send('pairReveal', { nonce: '2b'.repeat(32) });
    await expect(receiveControl(link, ['pairAccept'], 5000)).rejects.toMatchObject({ code: 'PAIRING_TAMPERED' });
  });

  test('withdraws the question when the other laptop goes away', async () => {
    const ada = await laptop('ada', 0);
    let asked: AbortSignal | undefined;
    const opened = await open(ada, { kind: 'digits', compare: (_, __, signal) => {
      asked = signal;
      return new Promise(() => undefined);
    } });
    const link = await dial(opened.door.port, 1);
    const identity = await testIdentity(1);
    link.send('pairHello', { hearthVersion: '0.1.0', name: 'ben' });
    await receiveControl(link, ['pairWelcome'], 5000);
    link.send('pairCommit', { commitment: commitmentTo(identity.deviceId, '1a'.repeat(32)) });
    await receiveControl(link, ['pairNonce'], 5000);
    link.send('pairReveal', { nonce: '1a'.repeat(32) });
    await expect.poll(() => asked !== undefined).toBe(true);
    link.close();
    await expect.poll(() => asked?.aborted).toBe(true);
    await expect.poll(() => opened.refusals).toEqual(['LINK_CLOSED']);
  });
});

/** Passes words on between two links, whatever they are; the home's lists never come that far. */
async function relay(towardsBen: Link, towardsAda: Link): Promise<void> {
  const pass = async (from: Link, into: Link, name: 'pairHello' | 'pairWelcome' | 'pairNonce') => {
    const { body } = await receiveControl(from, [name], 5000);
    into.send(name, body);
  };
  await pass(towardsBen, towardsAda, 'pairHello');
  await pass(towardsAda, towardsBen, 'pairWelcome');
  // The commitment is bound to ben's certificate, so the one in between has to make his own.
  await receiveControl(towardsBen, ['pairCommit'], 5000);
  towardsAda.send('pairCommit', { commitment: commitmentTo((await testIdentity(4)).deviceId, '5e'.repeat(32)) });
  await pass(towardsAda, towardsBen, 'pairNonce');
  await receiveControl(towardsBen, ['pairReveal'], 5000);
  towardsAda.send('pairReveal', { nonce: '5e'.repeat(32) });
}

describe('Pairing by a printed code', () => {
  test('makes one home, and closes the door', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const code = makePairingCode();
    const opened = await open(ada, { kind: 'code', code });
    const pairing = await pairWith({ ...ben, ...to(opened), person: types(code.toLowerCase()) });
    expect(pairing).toMatchObject({ peer: { name: 'ada' } });
    await opened.door.paired;
    expect([names(ada), names(ben)]).toEqual([['ada', 'ben'], ['ada', 'ben']]);
    const cleo = await laptop('cleo', 2);
    await expect(pairWith({ ...cleo, ...to(opened), person: types(code) }))
      .rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  });

  test('serves one laptop only, even when two know the code at the same time', async () => {
    const [ada, ben, cleo] = [await laptop('ada', 0), await laptop('ben', 1), await laptop('cleo', 2)];
    const code = makePairingCode();
    const opened = await open(ada, { kind: 'code', code });
    const both = await Promise.allSettled([ben, cleo].map((self) =>
      pairWith({ ...self, ...to(opened), person: types(code) })));
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(names(ada)).toHaveLength(2);
  });

  test('three wrong codes lock it for a minute, for the right code too, however often it is opened', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    let now = 0;
    const lock = new PairingLock(() => now);
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' }, { lock });
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(pairWith({ ...ben, ...to(opened), person: types('AAAA-BBBB') }))
        .rejects.toMatchObject({ code: 'PAIRING_CODE_WRONG' });
    }
    await expect(pairWith({ ...ben, ...to(opened), person: types('K7QM-3TXR') }))
      .rejects.toMatchObject({ code: 'PAIRING_LOCKED' });
    await expect(open(ada, { kind: 'code', code: 'K7QM-3TXR' }, { lock }))
      .rejects.toMatchObject({ code: 'PAIRING_LOCKED' });
    now = 60_000;
    await pairWith({ ...ben, ...to(opened), person: types('K7QM-3TXR') });
    expect(names(ada)).toEqual(['ada', 'ben']);
  });

  test('a try counts though the other end hangs up as soon as it could know', async () => {
    const ada = await laptop('ada', 0);
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    const { startTyping } = await import('../../../engine/cluster/pairing-login.js');
    for (let tries = 0; tries < 3; tries += 1) {
      const link = await dial(opened.door.port, 4);
      link.send('pairHello', { hearthVersion: '0.1.0', name: 'eve' });
      await receiveControl(link, ['pairWelcome'], 5000);
      link.send('pairRequest', { login: startTyping('AAAA-BBBB', {
        holderId: link.peerId, typistId: (await testIdentity(4)).deviceId, nonce: link.nonce,
      }).request });
      await receiveControl(link, ['pairAnswer'], 5000);
      link.close();
    }
    const link = await dial(opened.door.port, 4);
    link.send('pairHello', { hearthVersion: '0.1.0', name: 'eve' });
    await expect(receiveControl(link, ['pairWelcome'], 5000)).rejects.toMatchObject({ code: 'PAIRING_LOCKED' });
  });

  test('somebody in between learns nothing that pairs him, though he passes every word on', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    const between = await listenTls({
      host: '127.0.0.1', port: 0, identity: await testIdentity(4), side: { channel: 'pairing', role: 'master' },
      accepts: () => true,
      onLink: (towardsBen) => void (async () => {
        const towardsAda = await dial(opened.door.port, 4);
        towardsAda.send('pairHello', (await receiveControl(towardsBen, ['pairHello'], 5000)).body);
        towardsBen.send('pairWelcome', (await receiveControl(towardsAda, ['pairWelcome'], 5000)).body);
        towardsAda.send('pairRequest', (await receiveControl(towardsBen, ['pairRequest'], 5000)).body);
        towardsBen.send('pairAnswer', (await receiveControl(towardsAda, ['pairAnswer'], 5000)).body);
        towardsAda.send('pairProof', (await receiveControl(towardsBen, ['pairProof'], 5000)).body);
      })().catch(() => undefined),
    });
    cleanUps.push(() => between.close());
    await expect(pairWith({ ...ben, host: '127.0.0.1', port: between.port, person: types('K7QM-3TXR') }))
      .rejects.toMatchObject({ code: 'PAIRING_CODE_WRONG' });
    expect([names(ada), names(ben)]).toEqual([['ada'], ['ben']]);
  });

  test('what was recorded of one pairing is refused when it is played again', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    const { startTyping } = await import('../../../engine/cluster/pairing-login.js');
    const first = await dial(opened.door.port, 1);
    first.send('pairHello', { hearthVersion: '0.1.0', name: 'ben' });
    await receiveControl(first, ['pairWelcome'], 5000);
    const typistId = ben.identity.deviceId;
    const typist = startTyping('K7QM-3TXR', { holderId: first.peerId, typistId, nonce: first.nonce });
    first.send('pairRequest', { login: typist.request });
    const proof = typist.finish((await receiveControl(first, ['pairAnswer'], 5000)).body.login);
    first.close();
    const again = await dial(opened.door.port, 1);
    again.send('pairHello', { hearthVersion: '0.1.0', name: 'ben' });
    await receiveControl(again, ['pairWelcome'], 5000);
    again.send('pairRequest', { login: typist.request });
    await receiveControl(again, ['pairAnswer'], 5000);
    again.send('pairProof', { login: proof ?? '' });
    await expect(receiveControl(again, ['pairAccept'], 5000)).rejects.toMatchObject({ code: 'PAIRING_CODE_WRONG' });
    expect(names(ada)).toEqual(['ada']);
  });
});

describe('The door', () => {
  test('closes by itself when its time is over', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' }, { openMs: 50 });
    await expect(opened.door.paired).rejects.toMatchObject({ code: 'PAIRING_TIMEOUT' });
    await expect(pairWith({ ...ben, ...to(opened), person: types('K7QM-3TXR') }))
      .rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
  });

  test('when a person closes it, tells whoever stands there', async () => {
    const ada = await laptop('ada', 0);
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    const link = await dial(opened.door.port, 1);
    link.send('pairHello', { hearthVersion: '0.1.0', name: 'ben' });
    await receiveControl(link, ['pairWelcome'], 5000);
    opened.door.close();
    await expect(receiveControl(link, ['pairAnswer'], 5000)).rejects.toMatchObject({ code: 'PAIRING_CLOSED' });
    await expect(opened.door.paired).rejects.toMatchObject({ code: 'PAIRING_CLOSED' });
  });

  test('does not pair a laptop with itself', async () => {
    const ada = await laptop('ada', 0);
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    await expect(pairWith({ ...ada, ...to(opened), person: never })).rejects.toMatchObject({ code: 'PAIRING_SELF' });
  });

  test('stays open to others when one sends garbage, the wrong message or a list out of turn', async () => {
    const [ada, ben] = [await laptop('ada', 0), await laptop('ben', 1)];
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    const eve = await testIdentity(4);
    await new Promise<void>((resolve) => {
      const socket = connectTls({ ...tlsOptions(eve), host: '127.0.0.1', port: opened.door.port });
      socket.on('secureConnect', () => socket.write(Buffer.alloc(4096, 0x5a)));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.resume();
    });
    const early = await dial(opened.door.port, 4);
    early.send('pairHome', { changes: ada.home.changes(), more: false });
    await expect(receiveControl(early, ['pairWelcome'], 5000)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    const accepting = await dial(opened.door.port, 4);
    accepting.send('pairHello', { hearthVersion: '0.1.0', name: 'eve' });
    await receiveControl(accepting, ['pairWelcome'], 5000);
    accepting.send('pairAccept', {});
    await expect(receiveControl(accepting, ['pairHome'], 5000)).rejects.toMatchObject({ code: 'LINK_CLOSED' });
    expect(opened.refusals.sort()).toEqual(['PROTOCOL_MALFORMED', 'PROTOCOL_OUT_OF_ORDER', 'PROTOCOL_OUT_OF_ORDER']);
    await pairWith({ ...ben, ...to(opened), person: types('K7QM-3TXR') });
    expect(names(ada)).toEqual(['ada', 'ben']);
  });

  test('holds few half-open connections, and drops them', async () => {
    const ada = await laptop('ada', 0);
    const opened = await open(ada, { kind: 'code', code: 'K7QM-3TXR' });
    let open_ = 0;
    let dropped = 0;
    const sockets: Socket[] = Array.from({ length: 60 }, () => {
      const socket = connect(opened.door.port, '127.0.0.1', () => (open_ += 1));
      socket.on('error', () => undefined);
      socket.on('close', () => (dropped += 1));
      return socket;
    });
    cleanUps.push(() => sockets.forEach((socket) => socket.destroy()));
    await expect.poll(() => dropped, { timeout: 20_000 }).toBeGreaterThanOrEqual(52);
    await expect.poll(() => dropped, { timeout: 20_000 }).toBe(60);
    expect(open_).toBeGreaterThan(0);
    const ben = await laptop('ben', 1);
    await pairWith({ ...ben, ...to(opened), person: types('K7QM-3TXR') });
  });
});
