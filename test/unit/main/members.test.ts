import { describe, expect, test } from 'vitest';
import type { HomeMember } from '../../../engine/cluster/home.js';
import { deviceIdOf } from '../../../engine/wire/device-id.js';
import { chooseMember } from '../../../main/commands/members.js';

const member = (name: string, key: string): HomeMember =>
  ({ name, deviceId: deviceIdOf(Buffer.from(key)), certificate: '', addedBy: null, version: 1 });
const kitchen = member('kitchen', '1');
const attic = member('attic', '2');
const otherAttic = member('Attic', '3');
const all = [kitchen, attic, otherAttic];

describe('A member', () => {
  test.each([
    ['its name', 'Kitchen'],
    ['its device ID', kitchen.deviceId],
    ['the beginning of its device ID, however it is written', kitchen.deviceId.slice(0, 9).toLowerCase().replace('-', '')],
  ])('is found by %s', (_, wanted) => {
    expect(chooseMember(all, wanted)).toBe(kitchen);
  });

  test('that shares its name with another has to be named by its ID, which is shown', () => {
    expect(() => chooseMember(all, 'attic')).toThrow(expect.objectContaining({
      code: 'MEMBER_AMBIGUOUS', message: expect.stringContaining(otherAttic.deviceId.slice(0, 9)) as string,
    }) as Error);
  });

  test.each(['cellar', '', kitchen.deviceId.slice(0, 3)])('is not guessed from %j', (wanted) => {
    expect(() => chooseMember(all, wanted)).toThrow(expect.objectContaining({ code: 'NOT_A_MEMBER' }) as Error);
  });
});
