import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hearthHome } from '../catalogue/models-folder.js';
import type { JoinToken } from '../cluster/join-token.js';
import type { WorkerSession } from '../cluster/worker-session.js';
import { ClusterFailedError } from '../errors.js';
import type { OnProgress } from '../report/progress.js';
import { formatBytes } from '../report/readable-amounts.js';
import { SliceBlocks } from '../slices/slice-blocks.js';
import { fetchSlice } from '../slices/slice-client.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { BodyOf } from '../wire/messages.js';

export interface WorkerSliceOptions {
  identity: TlsIdentity;
  rank: number;
  masterHost: string;
  /** Where the master serves slices, if not where its plan says. */
  filePort: number | null;
  token: JoinToken;
  /** The slice lies here already (a node on the master's machine); null = fetch it from the master. */
  sliceFolder: string | null;
  forceDownload: boolean;
  onProgress?: OnProgress;
  /** One line per event, for people. */
  say: (line: string) => void;
}

/** This node's slice: where it was said to lie, or fetched from the master and kept for the next run. */
export async function workerSlice(
  options: WorkerSliceOptions, plan: BodyOf<'plan'>, session: WorkerSession, signal: AbortSignal,
): Promise<SliceBlocks> {
  const folder = options.sliceFolder ?? keptSliceFolder(plan, options.rank);
  if (options.sliceFolder === null) {
    const filePort = options.filePort ?? plan.filePort;
    if (filePort === null) throw new ClusterFailedError('PLAN_INCOMPLETE', 'The master serves no slices.');
    const { keptBytes, fetchedBytes } = await fetchSlice({
      host: options.masterHost,
      port: filePort,
      identity: options.identity,
      masterId: options.token.deviceId,
      rank: options.rank,
      folder,
      forceDownload: options.forceDownload || plan.forceDownload,
      signal,
      onProgress: (progress) => {
        session.sliceProgress(progress.doneBytes, progress.totalBytes);
        options.onProgress?.(progress);
      },
    });
    options.say(`Slice: ${formatBytes(fetchedBytes)} fetched, ${formatBytes(keptBytes)} kept from an earlier run.`);
  }
  const slice = await SliceBlocks.open(folder);
  if (slice.manifest.source.fingerprint !== plan.model.fingerprint || slice.manifest.rank !== options.rank) {
    throw new ClusterFailedError(
      'WRONG_FINGERPRINT',
      `${folder} is a slice of another model than the master's ${plan.model.name}: ` +
        'start this node with --force-download, or the master with --split-bin.',
    );
  }
  return slice;
}

/** Slices that were fetched are kept by model and partition, so that a run with another split fetches its own. */
function keptSliceFolder(plan: BodyOf<'plan'>, rank: number): string {
  // What the master says becomes part of no path: only a hash of it does.
  const split = createHash('sha256').update(JSON.stringify([plan.model.fingerprint, plan.dtype, plan.shares])).digest('hex');
  return join(hearthHome(), 'slices', split.slice(0, 32), `node_${rank}`);
}
