/**
 * Thrown when bytes beyond those at hand are asked for: the caller reads more of the file and parses again, or refuses
 * the file where there is no more.
 */
export class NeedsMoreBytes extends Error {
  constructor(
    /** Bytes from the start of the file that have to be at hand to go on. */
    readonly upTo: number,
  ) {
    super(`needs ${upTo} bytes`);
  }
}

/** Little-endian values, read one after another from the beginning of a file. */
export class ByteCursor {
  position = 0;

  constructor(
    private readonly buffer: Buffer,
    /** Bytes in the whole file; the buffer may hold fewer. */
    readonly fileSize: number,
  ) {}

  /** Throws NeedsMoreBytes unless `bytes` more are at hand. */
  require(bytes: number): void {
    if (this.position + bytes > this.buffer.length) throw new NeedsMoreBytes(this.position + bytes);
  }

  /** True while the file (not only the part at hand) can hold `bytes` more. */
  canHold(bytes: number): boolean {
    return bytes <= this.fileSize - this.position;
  }

  u8(): number {
    return this.buffer.readUInt8(this.advance(1));
  }

  i8(): number {
    return this.buffer.readInt8(this.advance(1));
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.advance(2));
  }

  i16(): number {
    return this.buffer.readInt16LE(this.advance(2));
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.advance(4));
  }

  i32(): number {
    return this.buffer.readInt32LE(this.advance(4));
  }

  f32(): number {
    return this.buffer.readFloatLE(this.advance(4));
  }

  f64(): number {
    return this.buffer.readDoubleLE(this.advance(8));
  }

  /** May be beyond the safe integers: the caller checks. */
  u64(): number {
    const at = this.advance(8);
    return this.buffer.readUInt32LE(at) + this.buffer.readUInt32LE(at + 4) * 2 ** 32;
  }

  /** May be beyond the safe integers: the caller checks. */
  i64(): number {
    const at = this.advance(8);
    return this.buffer.readUInt32LE(at) + this.buffer.readInt32LE(at + 4) * 2 ** 32;
  }

  text(bytes: number): string {
    const at = this.advance(bytes);
    return this.buffer.toString('utf8', at, at + bytes);
  }

  private advance(bytes: number): number {
    this.require(bytes);
    const at = this.position;
    this.position += bytes;
    return at;
  }
}
