import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { ClusterFailedError, InterruptedError } from '../errors.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import { formatBytes } from '../report/readable-amounts.js';
import { SliceConnection, type SliceSource } from './slice-connection.js';
import { diskFull, fetchSliceFile, isWhole } from './slice-file-fetch.js';
import { manifestMaxBytes, manifestName, parseSliceListing, type SliceFile } from './slice-listing.js';

export interface FetchSliceOptions extends SliceSource {
  /** Where this rank's slice is kept, e.g. `<model>/<save-dir>/node_<rank>`; made if missing. */
  readonly folder: string;
  /** Throws away what is there. */
  readonly forceDownload?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface FetchedSlice {
  /** Bytes that were there and whole already. */
  readonly keptBytes: number;
  readonly fetchedBytes: number;
}

const filesInFlight = 4;

/**
 * Brings this rank's slice from the master to `folder`, or finds that it is there. Every file's checksum is verified,
 * those kept from an earlier run too. The manifest is stored last: a folder that has one is whole.
 * Rejects with ClusterFailedError (DISK_FULL, SLICE_…, PEER_IDENTITY) or InterruptedError; a later call resumes.
 */
export async function fetchSlice(options: FetchSliceOptions): Promise<FetchedSlice> {
  const { folder, signal } = options;
  const connection = new SliceConnection(options, filesInFlight);
  try {
    const manifest = await fetchManifest(connection, signal);
    const { files } = parseSliceListing(manifest);
    await mkdir(folder, { recursive: true });
    await rm(join(folder, manifestName), { force: true });
    await dropOthers(folder, options.forceDownload === true ? [] : files);
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const progress = new FileProgress(new ProgressMeter('Fetching this node\'s slice', total, options.onProgress));
    const missing = await findMissing(folder, files, progress, signal);
    const fetchedBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0);
    await checkSpace(folder, missing);
    await inFlight(missing, (file, stop) =>
      fetchSliceFile(connection, folder, file, (bytes) => progress.set(file.name, bytes), stop), signal);
    if (signal?.aborted === true) throw new InterruptedError();
    await writeFileAtomic(join(folder, manifestName), manifest);
    return { keptBytes: total - fetchedBytes, fetchedBytes };
  } catch (error) {
    throw diskFull(error, folder) ?? error;
  } finally {
    connection.close();
  }
}

async function fetchManifest(connection: SliceConnection, signal: AbortSignal | undefined): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of await connection.get(manifestName, 0, signal)) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes > manifestMaxBytes) {
      throw new ClusterFailedError('SLICE_LISTING', "The master's list of slice files is too long to be one.");
    }
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Blocks and partial blocks that this slice has no use for; other files are none of our business. */
async function dropOthers(folder: string, files: readonly SliceFile[]): Promise<void> {
  const wanted = new Set(files.flatMap(({ name }) => [name, `${name}.partial`]));
  for (const name of await readdir(folder)) {
    if (/\.safetensors(\.partial)?$/.test(name) && !wanted.has(name)) await rm(join(folder, name), { force: true });
  }
}

async function findMissing(
  folder: string, files: readonly SliceFile[], progress: FileProgress, signal: AbortSignal | undefined,
): Promise<SliceFile[]> {
  const missing: SliceFile[] = [];
  for (const file of files) {
    if (signal?.aborted === true) throw new InterruptedError();
    if (await isWhole(folder, file, signal)) progress.set(file.name, file.bytes);
    else missing.push(file);
  }
  return missing;
}

async function checkSpace(folder: string, missing: readonly SliceFile[]): Promise<void> {
  const names = new Set(await readdir(folder));
  const needed = missing.filter(({ name }) => !names.has(name)).reduce((sum, { bytes }) => sum + bytes, 0);
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  throw new ClusterFailedError(
    'DISK_FULL', `${folder} needs ${formatBytes(needed)} for this node's slice and has ${formatBytes(bavail * bsize)}. Free some space.`,
  );
}

/** Works on a few files at a time; the first failure stops the others. */
async function inFlight(
  files: readonly SliceFile[], fetchOne: (file: SliceFile, stop: AbortSignal) => Promise<void>, signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) stop.abort();
  const queue = files.values();
  let failure: unknown;
  const work = async (): Promise<void> => {
    try {
      for (const file of queue) await fetchOne(file, stop.signal);
    } catch (error) {
      failure ??= error;
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: filesInFlight }, work));
  signal?.removeEventListener('abort', onAbort);
  if (failure !== undefined) throw failure as Error;
}

/** Bytes that are there, file by file, shown as one progress. */
class FileProgress {
  readonly #files = new Map<string, number>();
  #sum = 0;

  constructor(private readonly meter: ProgressMeter) {}

  set(name: string, bytes: number): void {
    this.#sum += bytes - (this.#files.get(name) ?? 0);
    this.#files.set(name, bytes);
    this.meter.update(this.#sum);
  }
}
