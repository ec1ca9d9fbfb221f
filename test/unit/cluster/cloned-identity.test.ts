import { describe, expect, test } from 'vitest';
import { clonedSelf, sight, type Sightings } from '../../../engine/cluster/cloned-identity.js';
import { deviceIdOf } from '../../../engine/wire/device-id.js';

const deviceId = deviceIdOf(Buffer.from('kitchen'));
const other = deviceIdOf(Buffer.from('attic'));

/** The first error of a row of sightings, one each second. */
function hear(...heard: [deviceId: string, instance: string][]) {
  let seen: Sightings = new Map();
  for (const [at, [device, instance]] of heard.entries()) {
    const result = sight(seen, { deviceId: device, instance, at: at * 1000 });
    if (result.cloned !== undefined) return result.cloned;
    seen = result.seen;
  }
  return undefined;
}

describe('Two laptops with one identity', () => {
  test('are found out when both are heard in turn, and the sentence says what to do', () => {
    const error = hear([deviceId, 'a'], [deviceId, 'b'], [deviceId, 'a']);
    expect(error).toMatchObject({ code: 'CLONED_IDENTITY', exitCode: 4 });
    expect(error?.message).toMatch(/delete identity\.json/);
  });

  test('are not suspected because Hearth was started again, however often', () => {
    expect(hear([deviceId, 'a'], [deviceId, 'a'], [deviceId, 'b'], [deviceId, 'b'], [deviceId, 'c'])).toBeUndefined();
  });

  test('are not mixed up with two devices', () => {
    expect(hear([deviceId, 'a'], [other, 'b'], [deviceId, 'a'], [other, 'b'])).toBeUndefined();
  });

  test('know it at once when one hears the other', () => {
    const own = { deviceId, instance: 'a' };
    expect(clonedSelf(own, { deviceId, instance: 'b' })).toMatchObject({ code: 'CLONED_IDENTITY' });
    expect(clonedSelf({ deviceId, instance: 'a' }, { deviceId, instance: 'a' })).toBeUndefined();
    expect(clonedSelf({ deviceId, instance: 'a' }, { deviceId: other, instance: 'b' })).toBeUndefined();
  });
});
