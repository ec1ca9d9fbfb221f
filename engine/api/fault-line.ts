import { HearthError } from '../errors.js';

/**
 * One line about a fault of the server, for its log. A failure that nobody named may quote in its message what was
 * asked, so of that only the kind is told, and where it happened.
 */
export function faultLine(fault: unknown): string {
  if (fault instanceof HearthError) return fault.message;
  if (!(fault instanceof Error)) return 'The local API failed for an unknown reason.';
  // The stack begins with the message, and that could look like anything.
  const frames = (fault.stack ?? '').replace(fault.message, '');
  const place = /^ +at .*?([\w.-]+:\d+):\d+\)?$/m.exec(frames)?.[1];
  return `The local API failed: ${fault.name}${place === undefined ? '' : ` at ${place}`}.`;
}
