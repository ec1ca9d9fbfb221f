import { saying, type Saying } from '../../engine/saying.js';

/** Why the system could not read or write a file, as a part of a sentence; in its own words where it is none of the usual reasons. */
export function systemReason(error: unknown): Saying {
  const { code } = Object(error) as { code?: unknown };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return saying('SYSTEM_DISK_FULL', 'the disk is full', {});
    case 'EACCES':
    case 'EPERM':
      return saying('SYSTEM_FORBIDS', 'its permissions do not allow it', {});
    case 'EROFS':
      return saying('SYSTEM_READ_ONLY', 'the disk can only be read', {});
    case 'EIO':
      return saying('SYSTEM_DISK_FAILS', 'the disk reports an error', {});
    case 'EMFILE':
    case 'ENFILE':
      return saying('SYSTEM_FILES_OPEN', 'too many files are open', {});
    default: {
      const text = error instanceof Error ? error.message : String(error);
      return saying('SYSTEM_SAYS', `the system says: ${text}`, { text });
    }
  }
}
