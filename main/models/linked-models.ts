import { mkdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';

const shape = z.array(z.string().min(1).max(4096)).max(1000);

/** Models that the person has elsewhere on the disk: their paths are remembered, their files stay where they are. */
export class LinkedModels {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly file: string) {}

  /** Absolute paths, oldest first. A file that cannot be read counts as none. */
  async list(): Promise<string[]> {
    try {
      return shape.parse(JSON.parse(await readFile(this.file, 'utf8')));
    } catch {
      return [];
    }
  }

  add(path: string): Promise<void> {
    return this.#change((paths) => (paths.includes(resolve(path)) ? paths : [...paths, resolve(path)]));
  }

  /** Forgets a path; its files are left alone. */
  remove(path: string): Promise<void> {
    return this.#change((paths) => paths.filter((known) => known !== resolve(path)));
  }

  #change(make: (paths: string[]) => string[]): Promise<void> {
    const next = this.#last.then(async () => {
      await mkdir(dirname(this.file), { recursive: true });
      await writeFileAtomic(this.file, `${JSON.stringify(make(await this.list()), null, 2)}\n`);
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}
