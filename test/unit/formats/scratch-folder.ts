import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder that lives as long as the test file which asks for it. */
export async function scratchFolder(): Promise<{
  path: string;
  write(name: string, bytes: Uint8Array | string): Promise<string>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'hearth-test-'));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return {
    path,
    async write(name, bytes) {
      await writeFile(join(path, name), bytes);
      return join(path, name);
    },
  };
}
