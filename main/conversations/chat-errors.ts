import { HearthError, WrongUseError } from '../../engine/errors.js';

/** A chat that is not there, or not any more. */
export class NoSuchChatError extends WrongUseError {
  constructor() {
    super('NO_SUCH_CHAT', 'This chat is not there any more: choose another one.');
  }
}

/** A chat that could not be written down. */
export class ChatNotKeptError extends HearthError {
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super('CHAT_NOT_KEPT', `The chat could not be written to the disk (${reason}): make room, then try again.`, 3, {
      cause, values: { reason },
    });
  }
}
