/** What is said of laptops, of their home and of the network between them (`engine/saying.ts`). */
export const sayingsOfLaptops = {
  // Why another laptop is probably not reached, and what to do.
  /** `older`: theirs, ours or unknown. */
  VERSION: { name: 'text', older: 'text' },
  WRONG_DEVICE: { name: 'text', address: 'text' },
  NOT_MEMBER: { name: 'text' },
  /** `there`: yes where the laptop answered, else no. */
  NOT_RUNNING: { name: 'text', there: 'text' },
  FIREWALL: { name: 'text' },
  ISOLATION: { name: 'text' },
  OTHER_NETWORK: { name: 'text', theirs: 'text', ours: 'names' },
  PERMISSION: {},
  UNKNOWN: { name: 'text' },
  MULTICAST_BLOCKED: {},
  CLONED_IDENTITY: { device: 'text', addresses: 'names' },

  // Pairing and the list of who belongs to the home.
  PAIRING_OPEN: {},
  PAIRING_CLOSED: {},
  PAIRING_TIMEOUT: {},
  PAIRING_BUSY: {},
  PAIRING_SELF: {},
  PAIRING_CODE: {},
  PAIRING_CODE_WRONG: {},
  PAIRING_LOCKED: { wait: 'seconds' },
  PAIRING_DECLINED: {},
  PAIRING_TAMPERED: {},
  PAIRING_UNFINISHED: {},
  PAIRING_NO_CERTIFICATE: {},
  NOT_A_MEMBER: { name: 'text' },
  UNPAIR_SELF: {},
  HOME_FULL: { most: 'count' },
  HOME_BUSY: { file: 'text' },
  HOME_FORGED: {},
  HOME_TOO_LARGE: {},
  HOME_UNREADABLE: { file: 'text' },
  HOME_UNWRITABLE: { file: 'text' },
  IDENTITY_DAMAGED: { file: 'text' },
  IDENTITY_UNREADABLE: { file: 'text' },
  IDENTITY_UNWRITABLE: { file: 'text' },
  ADDRESS_INVALID: { address: 'text' },
  ADDRESSES_DAMAGED: { file: 'text' },
  ADDRESSES_UNREADABLE: { file: 'text' },
  ADDRESSES_UNWRITABLE: { file: 'text' },
  DEVICE_NAME: {},

  // What is asked of one laptop at another.
  LAPTOP_AWAY: { name: 'text' },
  LAPTOP_SILENT: { name: 'text' },
  /** `reason`: paused, battery or lid. */
  SHARES_NOT: { reason: 'text' },
  NOT_KEPT: {},

  // Links between laptops.
  PEER_UNREACHABLE: { address: 'text' },
  PEER_TIMEOUT: { address: 'text' },
  PEER_IDENTITY: {},
  PEER_LEFT: {},
  LINK_CLOSED: {},
  LINK_REFUSED: {},
  LINK_TIMEOUT: {},
  DATA_LINK_TIMEOUT: {},
  NOT_LET_IN: { address: 'text' },
  PROTOCOL_VERSION: {},
  PROTOCOL_MALFORMED: {},
  PROTOCOL_OVERSIZED: {},
  PROTOCOL_OUT_OF_ORDER: {},
  PROTOCOL_UNKNOWN_MESSAGE: {},

  // A run of several laptops.
  NODE_LOST: { rank: 'count' },
  JOIN_TIMEOUT: { ranks: 'names' },
  MASTER_ENDED: {},
  RUN_ENDED: {},
  TIMEOUT: {},
  PLAN_INCOMPLETE: {},
} as const;
