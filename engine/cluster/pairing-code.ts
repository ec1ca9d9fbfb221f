import { randomBytes } from 'node:crypto';
import { WrongUseError } from '../errors.js';

/** No I, O, 0 or 1, which people mistake for each other. 32 characters: five bits each, 40 in a code. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const length = 8;
const shape = new RegExp(`^[${alphabet}]{${length}}$`);

/** A one-time code to be read from one laptop and typed on another, e.g. `K7QM-3TXR`; never like six digits. */
export function makePairingCode(): string {
  const characters = [...randomBytes(length)].map((byte) => alphabet.charAt(byte & 31)).join('');
  return /[A-Z]/.test(characters) ? `${characters.slice(0, 4)}-${characters.slice(4)}` : makePairingCode();
}

/** The code that a person meant. Throws WrongUseError PAIRING_CODE for what cannot be one, without repeating it. */
export function parsePairingCode(text: string): string {
  const plain = text.toUpperCase().replace(/[\s-]+/g, '');
  if (!shape.test(plain)) {
    throw new WrongUseError(
      'PAIRING_CODE', 'A pairing code has eight letters and digits, like K7QM-3TXR. Type what the other laptop shows.',
    );
  }
  return `${plain.slice(0, 4)}-${plain.slice(4)}`;
}
