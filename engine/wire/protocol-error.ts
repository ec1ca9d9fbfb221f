import { ClusterFailedError } from '../errors.js';

export type ProtocolErrorCode =
  | 'PROTOCOL_MALFORMED'
  | 'PROTOCOL_VERSION'
  | 'PROTOCOL_UNKNOWN_MESSAGE'
  | 'PROTOCOL_OVERSIZED'
  | 'PROTOCOL_OUT_OF_ORDER';

/** The other side sent something this version does not speak. The connection it came on is closed; the node lives on. */
export class ProtocolError extends ClusterFailedError {
  constructor(override readonly code: ProtocolErrorCode, sentence: string, options?: ErrorOptions) {
    super(code, sentence, options);
  }
}
