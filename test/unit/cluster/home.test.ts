import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Home, type HomeDelta } from '../../../engine/cluster/home.js';
import { testIdentity } from './home-devices.js';

let folder: string;
const homes: Home[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hearth-home-'));
});
afterEach(async () => {
  for (const home of homes.splice(0)) home.close();
  await rm(folder, { recursive: true, force: true });
});

async function home(name: string, index: number, onNotice?: (line: string) => void): Promise<Home> {
  const opened = await Home.open({
    folder: join(folder, name), identity: await testIdentity(index), name,
    ...(onNotice === undefined ? {} : { onNotice }),
  });
  homes.push(opened);
  return opened;
}

const names = (one: Home): string[] => one.members().map((member) => member.name);

/** What a pairing ends with. */
async function pair(a: Home, b: Home): Promise<void> {
  const [ofA, ofB] = [a.changes(), b.changes()];
  const both = [a.welcome(b.deviceId, ofB), b.welcome(a.deviceId, ofA)];
  await Promise.all([a.merge([...ofB, ...both]), b.merge([...ofA, ...both])]);
}

describe('A home', () => {
  test('begins with this laptop alone', async () => {
    const ada = await home('ada', 0);
    expect(ada.members()).toMatchObject([{ deviceId: ada.deviceId, name: 'ada', addedBy: null, version: 1 }]);
    expect(ada.isMember(ada.deviceId)).toBe(true);
  });

  test('is the same after a restart', async () => {
    const [ada, ben] = [await home('ada', 0), await home('ben', 1)];
    await pair(ada, ben);
    expect(names(ada)).toEqual(['ada', 'ben']);
    expect(await home('ada', 0).then((again) => again.members())).toEqual(ada.members());
    expect(await readdir(join(folder, 'ada'))).toEqual(['home.json']);
  });

  test('tells of a laptop put out, so that its connections can be closed, and that laptop is alone again', async () => {
    const [ada, ben, cleo] = [await home('ada', 0), await home('ben', 1), await home('cleo', 2)];
    await pair(ada, ben);
    await pair(ada, cleo);
    await ben.merge(ada.changes());
    const heard: HomeDelta[] = [];
    ben.subscribe((delta) => heard.push(delta));
    await ada.remove(cleo.deviceId);
    await ben.merge(ada.changes());
    expect(heard.map((delta) => delta.removed.map((member) => member.name))).toEqual([['cleo']]);
    expect(ben.isMember(cleo.deviceId)).toBe(false);
    const own = await cleo.merge(ada.changes());
    expect(own).toMatchObject({ putOutBy: ada.deviceId, removed: [{ name: 'ada' }, { name: 'ben' }] });
    expect(names(cleo)).toEqual(['cleo']);
    await pair(ben, cleo);
    await ada.merge(ben.changes());
    expect([names(ada), names(cleo)]).toEqual([['ada', 'ben', 'cleo'], ['cleo', 'ada', 'ben']]);
  });

  test('a laptop that was put out stays out, however many members tell it so at once', async () => {
    const [ada, ben, cleo] = [await home('ada', 0), await home('ben', 1), await home('cleo', 2)];
    await pair(ada, ben);
    await pair(ada, cleo);
    await ben.merge(ada.changes());
    await ada.remove(cleo.deviceId);
    await ben.merge(ada.changes());
    await Promise.all([cleo.mergeFrom(ada.deviceId, ada.changes()), cleo.mergeFrom(ben.deviceId, ben.changes())]);
    expect(names(cleo)).toEqual(['cleo']);
  });

  test('a laptop that was put out and does not know joins again by pairing', async () => {
    const [ada, ben] = [await home('ada', 0), await home('ben', 1)];
    await pair(ada, ben);
    await ada.remove(ben.deviceId);
    await pair(ada, ben);
    expect([names(ada), names(ben)]).toEqual([['ada', 'ben'], ['ben', 'ada']]);
  });

  test('says nothing when nothing changed', async () => {
    const [ada, ben] = [await home('ada', 0), await home('ben', 1)];
    await pair(ada, ben);
    const listener = vi.fn();
    ada.subscribe(listener);
    expect(await ada.merge(ben.changes())).toMatchObject({ changed: false, added: [], removed: [] });
    expect(listener).not.toHaveBeenCalled();
  });

  test('a new name reaches the others', async () => {
    const [ada, ben] = [await home('ada', 0), await home('ben', 1)];
    await pair(ada, ben);
    await ada.rename('kitchen');
    await ben.merge(ada.changes());
    expect(names(ben)).toEqual(['ben', 'kitchen']);
  });

  test('takes over nothing of a list with one forged change', async () => {
    const [ada, ben, cleo] = [await home('ada', 0), await home('ben', 1), await home('cleo', 2)];
    await pair(ben, cleo);
    const forged = ben.changes().map((change, index) => (index === 0 ? { ...change, version: 7 } : change));
    await expect(ada.merge(forged)).rejects.toMatchObject({ code: 'HOME_FORGED' });
    expect(ada.changes()).toHaveLength(1);
    expect((await ada.refresh()).changed).toBe(false);
  });

  test('refuses to put out itself or a stranger', async () => {
    const [ada, ben] = [await home('ada', 0), await home('ben', 1)];
    await expect(ada.remove(ada.deviceId)).rejects.toMatchObject({ code: 'UNPAIR_SELF' });
    await expect(ada.remove(ben.deviceId)).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
  });
});

describe('Several processes of one laptop', () => {
  test('keep what each of them learnt, and hear of it', async () => {
    const [app, command] = [await home('ada', 0), await home('ada', 0)];
    const [ben, cleo] = [await home('ben', 1), await home('cleo', 2)];
    await pair(app, ben);
    await pair(command, cleo);
    await app.refresh();
    expect([names(app), names(command)]).toEqual([['ada', 'ben', 'cleo'], ['ada', 'ben', 'cleo']]);
    const removed = new Promise<HomeDelta>((resolve) => app.subscribe(resolve));
    app.watch();
    await command.remove(ben.deviceId);
    expect((await removed).removed).toMatchObject([{ name: 'ben' }]);
  });

  test('that write at the same moment lose nothing', async () => {
    const [app, command] = [await home('ada', 0), await home('ada', 0)];
    const others = await Promise.all(['ben', 'cleo', 'dora', 'emil'].map((name, index) => home(name, index + 1)));
    const [first, second] = [others.slice(0, 2), others.slice(2)];
    const adds = (from: Home, to: Home[]) => to.map((other) => from.merge([
      ...other.changes(), from.welcome(other.deviceId, other.changes()),
    ]));
    await Promise.all([...adds(app, first), ...adds(command, second)]);
    expect(names(await home('ada', 0))).toEqual(['ada', 'ben', 'cleo', 'dora', 'emil']);
  });

  test('are not held up by one that died while it wrote', async () => {
    await home('ada', 0);
    const lock = join(folder, 'ada', 'home.json.lock');
    await writeFile(lock, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    expect(names(await home('ada', 0))).toEqual(['ada']);
  });

  test('agree that one of them was put out and began anew', async () => {
    const [app, command, ben] = [await home('ada', 0), await home('ada', 0), await home('ben', 1)];
    await pair(app, ben);
    await command.refresh();
    await ben.remove(app.deviceId);
    await command.merge(ben.changes());
    expect((await app.refresh()).removed).toMatchObject([{ name: 'ben' }]);
    expect([names(app), names(command)]).toEqual([['ada'], ['ada']]);
  });
});

describe('The file of a home', () => {
  test.each([
    ['cut short', (text: string) => text.slice(0, 400)],
    ['emptied', () => ''],
    ['altered', (text: string) => text.replace('"ben"', '"eve"')],
  ])('that was %s is set aside with a line that says where, and the home begins anew', async (_, spoil) => {
    const [ada, ben] = [await home('ada', 0), await home('ben', 1)];
    await pair(ada, ben);
    const file = join(folder, 'ada', 'home.json');
    const spoilt = spoil(await readFile(file, 'utf8'));
    await writeFile(file, spoilt);
    const lines: string[] = [];
    expect(names(await home('ada', 0, (line) => lines.push(line)))).toEqual(['ada']);
    const aside = (await readdir(join(folder, 'ada'))).find((name) => name.startsWith('home.json.damaged-'));
    expect(lines).toEqual([expect.stringContaining(aside ?? 'nothing was set aside')]);
    expect(await readFile(join(folder, 'ada', aside ?? ''), 'utf8')).toBe(spoilt);
  });

  test('that cannot be written is an error that names it', async () => {
    await writeFile(join(folder, 'ada'), 'a file where a folder is due');
    await expect(home('ada', 0)).rejects.toMatchObject({ code: expect.stringMatching(/^HOME_UN/) as string });
  });
});
