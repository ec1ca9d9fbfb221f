import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { ClusterFailedError, InterruptedError } from '../errors.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import { formatBytes } from '../report/readable-amounts.js';
import type { TlsIdentity } from '../wire/device-id.js';
import { adoptFile, KeptFiles } from './kept-files.js';
import { SliceConnection, type SlicePeer } from './slice-connection.js';
import { diskFull, isWhole } from './slice-file-fetch.js';
import { manifestMaxBytes, manifestName, parseSliceListing, type SliceFile } from './slice-listing.js';
import { SliceSources } from './slice-sources.js';
import { FileProgress, inFlight } from './transfer.js';

export interface FetchSliceOptions {
  /** The master's slice server. */
  readonly host: string;
  readonly port: number;
  readonly identity: TlsIdentity;
  /** The only device that says what the slice is. */
  readonly masterId: string;
  readonly rank: number;
  /** Where this rank's slice is kept, e.g. `<model>/<save-dir>/node_<rank>`; made if missing. */
  readonly folder: string;
  /** Folders of other slices on this disk: files of the same content are taken from there. */
  readonly otherFolders?: () => Promise<readonly string[]>;
  /** Other nodes that may have the same files; they are asked before the master, which gives what they do not. */
  readonly peers?: readonly SlicePeer[];
  /** Throws away what is there. */
  readonly forceDownload?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface FetchedSlice {
  /** Bytes that were there and whole already. */
  readonly keptBytes: number;
  /** Taken from other slices on this disk. */
  readonly reusedBytes: number;
  readonly fetchedBytes: number;
  /** Of those fetched: from others than the master. */
  readonly fromPeersBytes: number;
}

const filesInFlight = 4;

/**
 * Brings this rank's slice to `folder`, or finds that it is there: the master says what it is, and gives what nobody nearer has. Every file's checksum is verified,
 * those kept from an earlier run too. The manifest is stored last: a folder that has one is whole.
 * Rejects with ClusterFailedError (DISK_FULL, SLICE_…, PEER_IDENTITY) or InterruptedError; a later call resumes.
 */
export async function fetchSlice(options: FetchSliceOptions): Promise<FetchedSlice> {
  const { folder, signal } = options;
  const { host, port, identity, masterId, rank } = options;
  const connection = new SliceConnection({ host, port, deviceId: masterId }, identity, filesInFlight, 'the master');
  const sources = new SliceSources(connection, rank, identity, options.peers ?? [], filesInFlight);
  try {
    const manifest = await fetchManifest(connection, rank, signal);
    const { files } = parseSliceListing(manifest);
    await mkdir(folder, { recursive: true });
    await rm(join(folder, manifestName), { force: true });
    await dropOthers(folder, options.forceDownload === true ? [] : files);
    const total = bytesOf(files);
    const progress = new FileProgress(new ProgressMeter('Fetching this node\'s slice', total, options.onProgress));
    const absent = await findMissing(folder, files, progress, signal);
    const missing = options.forceDownload === true ? absent : await adoptKnown(options, absent, progress);
    const fetchedBytes = bytesOf(missing);
    await checkSpace(folder, missing);
    await inFlight(missing, filesInFlight, (file, stop) => sources.fetch(folder, file, (bytes) => progress.set(file.name, bytes), stop), signal);
    if (signal?.aborted === true) throw new InterruptedError();
    await writeFileAtomic(join(folder, manifestName), manifest);
    const reusedBytes = bytesOf(absent) - fetchedBytes;
    return { keptBytes: total - reusedBytes - fetchedBytes, reusedBytes, fetchedBytes, fromPeersBytes: sources.fromPeersBytes };
  } catch (error) {
    throw diskFull(error, folder) ?? error;
  } finally {
    sources.close();
  }
}

function bytesOf(files: readonly SliceFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function fetchManifest(connection: SliceConnection, rank: number, signal: AbortSignal | undefined): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of await connection.get(`/${rank}/${manifestName}`, 0, signal)) {
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

/** Takes what other slices on this disk have; answers with what is missing still. */
async function adoptKnown(
  { folder, otherFolders, signal }: FetchSliceOptions, files: readonly SliceFile[], progress: FileProgress,
): Promise<SliceFile[]> {
  if (otherFolders === undefined) return [...files];
  const kept = new KeptFiles(async () => (await otherFolders()).filter((other) => other !== folder));
  await kept.look();
  const missing: SliceFile[] = [];
  for (const file of files) {
    if (signal?.aborted === true) throw new InterruptedError();
    const path = await kept.known(file.sha256, file.bytes);
    if (path !== null && (await adoptFile(path, folder, file, signal))) progress.set(file.name, file.bytes);
    else missing.push(file);
  }
  return missing;
}

async function checkSpace(folder: string, missing: readonly SliceFile[]): Promise<void> {
  const names = new Set(await readdir(folder));
  const needed = bytesOf(missing.filter(({ name }) => !names.has(name)));
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  throw new ClusterFailedError(
    'DISK_FULL', `${folder} needs ${formatBytes(needed)} for this node's slice and has ${formatBytes(bavail * bsize)}. Free some space.`,
    { values: { place: folder } },
  );
}
