import { WrongUseError } from '../../errors.js';

/** A JSON schema that answers cannot be held to: says where, and what is not understood there. */
export class UnsupportedSchemaError extends WrongUseError {
  constructor(path: readonly (string | number)[], reason: string) {
    const place = path.length === 0 ? 'At its top' : `At /${path.join('/')}`;
    super('JSON_SCHEMA_UNSUPPORTED', `${place}: ${reason}.`.slice(0, 600));
  }
}
