import { ClusterFailedError } from '../errors.js';

/** Two laptops, one device ID. */
export function clonedIdentity(deviceId: string, addresses: readonly string[] = []): ClusterFailedError {
  const device = `${deviceId.slice(0, 9)}…`;
  const where = addresses.length === 0 ? '' : ` They are at ${addresses.join(' and ')}.`;
  return new ClusterFailedError(
    'CLONED_IDENTITY',
    `Two laptops run as the same device (${device}): Hearth's settings folder was copied from one to `
    + `the other. On the copy, quit Hearth, delete identity.json and home.json in that folder, start it and pair it again.${where}`,
    { values: { device, addresses } },
  );
}
