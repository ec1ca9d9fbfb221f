import type { GgufMetadata, GgufValue } from '../formats/gguf.js';
import { quotedName } from '../formats/quoted-name.js';
import { configInvalid, configUnsupported } from './config-refusals.js';

/** Typed access to the metadata of one GGUF file; refusals name the file and the key. */
export class GgufFields {
  constructor(
    private readonly metadata: GgufMetadata,
    readonly file: string,
    /** `general.architecture`, which the keys of a model begin with. */
    readonly architecture: string,
  ) {}

  value(key: string): GgufValue | undefined {
    return this.metadata.get(`${this.architecture}.${key}`);
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.invalid(key, 'is not a text');
  }

  number(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'number') return value;
    throw this.invalid(key, 'is not a number');
  }

  required(key: string): number {
    const value = this.number(key);
    if (value === undefined) throw this.invalid(key, 'is missing');
    return value;
  }

  /** A count that may be given per layer, as long as all layers agree. */
  perLayer(key: string): number | undefined {
    const value = this.value(key);
    if (!Array.isArray(value)) return this.number(key);
    const values = value as readonly GgufValue[];
    const [first] = values;
    if (typeof first !== 'number') throw this.invalid(key, 'holds no numbers');
    if (values.some((other) => other !== first)) {
      throw configUnsupported(this.file, `its layers differ in ${quotedName(`${this.architecture}.${key}`)}`);
    }
    return first;
  }

  private invalid(key: string, what: string): Error {
    return configInvalid(this.file, `its metadata ${quotedName(`${this.architecture}.${key}`)} ${what}`);
  }
}
