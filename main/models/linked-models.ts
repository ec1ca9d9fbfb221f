import { resolve } from 'node:path';
import { z } from 'zod';
import { KeptFile } from './kept-file.js';

const shape = z.array(z.string().min(1).max(4096)).max(1000);

/** Models that the person has elsewhere on the disk: their paths are remembered, their files stay where they are. */
export class LinkedModels {
  readonly #kept: KeptFile<string[]>;

  constructor(file: string) {
    this.#kept = new KeptFile(file, shape, []);
  }

  /** Absolute paths, oldest first. */
  list(): Promise<string[]> {
    return this.#kept.read();
  }

  async add(path: string): Promise<void> {
    await this.#kept.change((paths) => (paths.includes(resolve(path)) ? paths : [...paths, resolve(path)]));
  }

  /** Forgets a path; its files are left alone. */
  async remove(path: string): Promise<void> {
    await this.#kept.change((paths) => paths.filter((known) => known !== resolve(path)));
  }
}
