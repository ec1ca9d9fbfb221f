import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capacitySchema, machineFingerprint, measureCapacity } from '../../../engine/cluster/capacity.js';
import { kernels } from '../../../native-kernels/index.js';

describe('what a laptop can give', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hearth-capacity-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is measured once, kept with the machine it was measured on, and leaves nothing behind', async () => {
    const file = join(folder, 'kept', 'capacity.json');
    const before = kernels.memoryStats();
    const first = await measureCapacity({ file, diskFolder: join(folder, 'models') });
    expect(capacitySchema.parse(first)).toEqual(first);
    expect(kernels.memoryStats().allocatedBytes).toBe(before.allocatedBytes);
    expect(readdirSync(join(folder, 'models'))).toEqual([]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ fingerprint: machineFingerprint() });
    const second = await measureCapacity({ file, diskFolder: join(folder, 'elsewhere') });
    expect(second).toMatchObject({
      productBytesPerSecond: first.productBytesPerSecond, diskBytesPerSecond: first.diskBytesPerSecond,
    });
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  it('is measured again on another machine, after damage, and when asked', async () => {
    const file = join(folder, 'capacity.json');
    const rates = { productBytesPerSecond: { f32: 1, bf16: 1, f16: 1, q8_0: 1, q4_0: 1 }, diskBytesPerSecond: 1 };
    for (const [text, again] of [
      [JSON.stringify({ fingerprint: 'another', measured: rates }), false], ['{"fing', false],
      [JSON.stringify({ fingerprint: machineFingerprint(), measured: rates }), true],
    ] as const) {
      writeFileSync(file, text);
      const capacity = await measureCapacity({ file, diskFolder: folder, again });
      expect(capacity.productBytesPerSecond.f32).toBeGreaterThan(1_000);
    }
    writeFileSync(file, JSON.stringify({ fingerprint: machineFingerprint(), measured: rates }));
    expect((await measureCapacity({ file, diskFolder: folder })).productBytesPerSecond.f32).toBe(1);
  });

  it('offers a share of the memory now available', async () => {
    const file = join(folder, 'capacity.json');
    const at = (memoryShare: number) => measureCapacity({ file, diskFolder: folder, memoryShare });
    const [none, half, most] = [await at(0), await at(0.5), await at(0.9)];
    expect(none.memoryBytes).toBe(none.processBytes);
    expect(half.memoryBytes).toBeGreaterThan(none.memoryBytes);
    expect(most.memoryBytes).toBeGreaterThan(half.memoryBytes);
  });

  it('does not fail for a folder that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const capacity = await measureCapacity({ file: join(folder, 'file', 'capacity.json'), diskFolder: join(folder, 'file') });
    expect(capacitySchema.parse(capacity)).toEqual(capacity);
  });
});
