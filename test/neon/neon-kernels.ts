import { kernels, type Kernels } from '../../native-kernels/index.js';
import { casesOfSets } from '../unit/native-kernels/all-cases.js';
import { holdAgainstReference } from '../unit/native-kernels/comparison.js';

/**
 * Holds every NEON kernel written beside the products against the scalar reference, and shows that each broken one is
 * caught. native-kernels/bench/neon-under-qemu.sh runs it where no arm64 machine is at hand; its products are compared
 * natively.
 */
const addon = kernels as Kernels & { setMutant(name: string | null): void };

const isCaught = (name: string, cases: (typeof casesOfSets)[string]): boolean => {
  addon.setMutant(`${name}_NEON`);
  try {
    holdAgainstReference(addon, 'neon', cases());
    return false;
  } catch (error) {
    if (error instanceof Error && error.message.includes(' on neon: ')) return true;
    throw error;
  } finally {
    addon.setMutant(null);
  }
};

let caught = 0;
for (const [name, cases] of Object.entries(casesOfSets)) {
  holdAgainstReference(addon, 'neon', cases());
  if (isCaught(name, cases)) caught += 1;
  else console.log(`The broken ${name} was not caught.`);
}
const all = Object.keys(casesOfSets).length;
console.log(`${all} kernels agree with the scalar reference; ${caught} of ${all} broken ones are caught.`);
process.exitCode = caught === all ? 0 : 1;
