import { describe, expect, test } from 'vitest';
import { WrongUseError } from '../../../engine/errors.js';
import { LaptopChanges } from '../../../engine/home-node/laptop-changes.js';
import { messages } from '../../../engine/wire/messages.js';
import type { LaptopChange } from '../../../engine/wire/laptop-change.js';
import { twoLaptops } from './two-laptops.js';

const never = (): Promise<void> => Promise.reject(new Error('nobody asked this laptop'));
const rename: LaptopChange = { kind: 'rename', name: 'Loft' };

describe('A change of another laptop', () => {
  test('is made there, and is known to be made when it is asked for', async () => {
    const { helper, master } = twoLaptops();
    const made: [LaptopChange, string][] = [];
    new LaptopChanges(helper, async (change, by) => {
      await new Promise((resolve) => setImmediate(resolve));
      made.push([change, by]);
    });
    const kitchen = new LaptopChanges(master, never);
    await kitchen.ask('attic', rename);
    await kitchen.ask('attic', { kind: 'pause', paused: true });
    expect(made).toEqual([[rename, 'kitchen'], [{ kind: 'pause', paused: true }, 'kitchen']]);
  });

  test('waits for the one before it', async () => {
    const { helper, master } = twoLaptops();
    const steps: string[] = [];
    new LaptopChanges(helper, async (change) => {
      steps.push(`${change.kind} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      steps.push(`${change.kind} ends`);
    });
    const kitchen = new LaptopChanges(master, never);
    await Promise.all([kitchen.ask('attic', rename), kitchen.ask('attic', { kind: 'pause', paused: true })]);
    expect(steps).toEqual(['rename begins', 'rename ends', 'pause begins', 'pause ends']);
  });

  test('that is refused there is refused here, in the same words', async () => {
    const { helper, master } = twoLaptops();
    new LaptopChanges(helper, () => Promise.reject(new WrongUseError('SHARES_NOT', 'It runs on battery.', { values: { reason: 'battery' } })));
    await expect(new LaptopChanges(master, never).ask('attic', { kind: 'pause', paused: false }))
      .rejects.toMatchObject({ code: 'SHARES_NOT', message: 'It runs on battery.', values: { reason: 'battery' } });
  });

  test('cannot be made on a laptop that is away, or leaves before it answers', async () => {
    const { helper, master, part } = twoLaptops();
    const kitchen = new LaptopChanges(master, never);
    let asked = false;
    new LaptopChanges(helper, () => {
      asked = true;
      return new Promise(() => undefined);
    });
    const asking = kitchen.ask('attic', rename);
    asking.catch(() => undefined);
    await expect.poll(() => asked).toBe(true);
    part();
    const away = { code: 'LAPTOP_AWAY', message: 'attic is away, so nothing was changed: start Hearth on it and try again.' };
    await expect(asking).rejects.toMatchObject(away);
    await expect(kitchen.ask('attic', rename)).rejects.toMatchObject(away);
  });

  test('is not waited for without end, and only the laptop that was asked may answer', async () => {
    const { helper, master } = twoLaptops();
    helper.onMessage(({ control }) => {
      // As if a third laptop had spoken.
      if (control.name === 'laptopChange') master.hear('cellar', { name: 'laptopChanged', body: { number: control.body.number, refusal: null } });
    });
    await expect(new LaptopChanges(master, never, 30).ask('attic', rename)).rejects.toMatchObject({ code: 'LAPTOP_SILENT' });
  });

  test.each(['', 'x'.repeat(64), 'a\nb', '\u001b[31mred', 'ab\u202ecd'])('does not travel with a name that no screen can show: %j', (name) => {
    expect(messages.laptopChange.body.safeParse({ number: 1, change: { kind: 'rename', name } }).success).toBe(false);
  });
});
