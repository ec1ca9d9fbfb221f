import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { z } from 'zod';

/** One value in one JSON file that is always whole: either as it was or as it is now. */
export class KeptFile<Value> {
  #last: Promise<unknown> = Promise.resolve();

  /** `none` stands for a file that is missing or cannot be understood. */
  constructor(private readonly file: string, private readonly shape: z.ZodType<Value>, private readonly none: Value) {}

  async read(): Promise<Value> {
    try {
      return this.shape.parse(JSON.parse(await readFile(this.file, 'utf8')));
    } catch {
      return this.none;
    }
  }

  /** Changes one after the other; what was made of the value is on the disk when it resolves. */
  change(make: (value: Value) => Value): Promise<Value> {
    const next = this.#last.then(async () => {
      const value = make(await this.read());
      await mkdir(dirname(this.file), { recursive: true });
      await writeFileAtomic(this.file, `${JSON.stringify(value, null, 2)}\n`);
      return value;
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}
