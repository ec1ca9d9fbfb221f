import type { Others } from '../world-options.js';

/** Where rank 0 waits for the others. Port 0 takes any that is free. */
export interface NodeAddresses {
  host: string;
  session: number;
  /** Activations. */
  data: number;
  /** Slices; null where everybody finds its slice on this machine's disk. */
  file: number | null;
}

/** Where rank 0 waits for the others. Pure. */
export function addressesFor(others: Others): NodeAddresses {
  if (others.kind === 'local') return { host: '127.0.0.1', session: 0, data: 0, file: null };
  const { host, masterPort, filePort } = others.at;
  return { host, session: masterPort, data: dataPort(masterPort, filePort), file: filePort };
}

/** The port after the master's own, so that a firewall can be told. */
function dataPort(masterPort: number, filePort: number): number {
  if (masterPort === 0) return 0;
  const next = masterPort + 1 === filePort ? masterPort + 2 : masterPort + 1;
  return next > 65_535 ? 0 : next;
}
