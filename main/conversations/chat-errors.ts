import { HearthError, WrongUseError } from '../../engine/errors.js';
import { systemReason } from './system-reason.js';

/** A chat that is not there, or not any more. */
export class NoSuchChatError extends WrongUseError {
  constructor() {
    super('NO_SUCH_CHAT', 'This chat is not there any more: choose another one.');
  }
}

/** A chat that could not be written down. */
export class ChatNotKeptError extends HearthError {
  constructor(cause: unknown) {
    const because = systemReason(cause);
    super('CHAT_NOT_KEPT', `The chat could not be written (${because.sentence}): see to the disk, then try again.`, 3, {
      cause, values: { because: [because] },
    });
  }
}
