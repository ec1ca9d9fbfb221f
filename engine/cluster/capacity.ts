import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { availableMemory } from '../report/available-memory.js';
import { describeMachine } from '../report/machine.js';
import { settledRss } from '../report/process-memory.js';
import { hearthVersion } from '../report/version.js';
import { capacitySchema, type Capacity } from '../wire/capacity.js';
import { measureReadRate } from './disk-rate.js';
import { measureProductRates } from './product-rate.js';

export { capacitySchema, type Capacity };

/** The part that does not change from day to day. */
const measuredSchema = capacitySchema.pick({ productBytesPerSecond: true, diskBytesPerSecond: true });
const storedSchema = z.strictObject({ fingerprint: z.string(), measured: measuredSchema });

export interface CapacityOptions {
  /** Where the measurement is kept, e.g. `capacity.json`; made again on another machine or version. */
  readonly file: string;
  /** Folder on the disk that slices will be read from. */
  readonly diskFolder: string;
  /** Share of the memory now available that may be taken. Default 0.7. */
  readonly memoryShare?: number;
  /** Measures again, whatever is kept. */
  readonly again?: boolean;
}

/**
 * What this laptop can give. The rates are measured once (under a second) and kept; memory is looked at each time. A file
 * that cannot be read or written only costs a measurement.
 */
export async function measureCapacity(options: CapacityOptions): Promise<Capacity> {
  const fingerprint = machineFingerprint();
  const kept = options.again === true ? null : await readKept(options.file, fingerprint);
  const measured = kept ?? {
    productBytesPerSecond: await measureProductRates(),
    diskBytesPerSecond: await measureReadRate(options.diskFolder),
  };
  if (kept === null) await keep(options.file, fingerprint, measured);
  const processBytes = await settledRss();
  return {
    memoryBytes: Math.floor(processBytes + availableMemory() * (options.memoryShare ?? 0.7)),
    processBytes,
    cores: describeMachine().physical_cores,
    ...measured,
  };
}

/** Changes with whatever changes the rates. */
export function machineFingerprint(): string {
  return JSON.stringify({ ...describeMachine(), hearth: hearthVersion });
}

async function readKept(file: string, fingerprint: string): Promise<z.infer<typeof measuredSchema> | null> {
  try {
    const stored = storedSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return stored.fingerprint === fingerprint ? stored.measured : null;
  } catch {
    // Missing or damaged: it is measured again.
    return null;
  }
}

async function keep(file: string, fingerprint: string, measured: z.infer<typeof measuredSchema>): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, `${JSON.stringify({ fingerprint, measured }, undefined, 2)}\n`);
  } catch {
    // A full or read-only disk: the next start measures again.
  }
}
