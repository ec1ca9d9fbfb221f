import { describe, expect, test } from 'vitest';
import { AskedPause } from '../../../main/home/asked-pause.js';
import { decideSharing, type LaptopState } from '../../../main/shell/sharing-policy.js';
import { defaultSettings } from '../../../main/bridge-shapes/settings.js';

/** An app's settings, which decide with the battery and the lid what this laptop shares. */
function app(laptop: LaptopState, isPaused = false) {
  const kept: boolean[] = [];
  const decide = (paused: boolean): void => pause.follow(decideSharing({ ...defaultSettings.sharing, paused }, laptop).reason);
  const pause: AskedPause = new AskedPause((paused) => {
    kept.push(paused);
    setImmediate(() => decide(paused));
  }, 50);
  decide(isPaused);
  return { pause, kept };
}

const onDesk = { onBattery: false, lidClosed: false };

describe('A laptop that is to be paused', () => {
  test('is so by its own setting, and again shares by it', async () => {
    const { pause, kept } = app(onDesk);
    await pause.want(true);
    await pause.want(false);
    expect(kept).toEqual([true, false]);
  });

  test('and is already changes nothing', async () => {
    const { pause, kept } = app(onDesk, true);
    await pause.want(true);
    expect(kept).toEqual([]);
  });

  test.each([
    [{ onBattery: true, lidClosed: false }, /runs on battery/],
    [{ onBattery: false, lidClosed: true }, /lid is closed/],
  ])('says why it does not share again although it may: %j', async (laptop, why) => {
    const { pause, kept } = app(laptop, true);
    await expect(pause.want(false)).rejects.toMatchObject({ code: 'SHARES_NOT', message: expect.stringMatching(why) as string });
    expect(kept).toEqual([false]);
    await pause.want(true);
    expect(kept).toEqual([false, true]);
  });

  test('says so when its settings cannot be kept', async () => {
    const pause = new AskedPause(() => undefined, 10);
    await expect(pause.want(true)).rejects.toMatchObject({ code: 'NOT_KEPT' });
  });
});
