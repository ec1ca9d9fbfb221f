import { ClusterFailedError } from '../errors.js';
import type { DialOutcome } from './reachability.js';

/** What became of one dial of one address, from what `dialTls` rejected with. Pure. */
export function dialOutcome(error: unknown): DialOutcome {
  if (!(error instanceof ClusterFailedError)) return 'cut-off';
  switch (error.code) {
    case 'PEER_TIMEOUT':
    case 'LINK_TIMEOUT':
      return 'timeout';
    case 'PEER_IDENTITY':
      return 'wrong-device';
    case 'PROTOCOL_VERSION':
      return 'wrong-version';
    // A member is greeted; whoever closes without a word does not know us as one.
    case 'LINK_CLOSED':
      return 'not-let-in';
    case 'PEER_UNREACHABLE':
      return bySystem((error.cause as NodeJS.ErrnoException | undefined)?.code);
    default:
      return 'cut-off';
  }
}

function bySystem(code: string | undefined): DialOutcome {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
      return 'no-host';
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EPERM':
      return 'no-route';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'cut-off';
  }
}
