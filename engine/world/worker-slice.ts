import { join } from 'node:path';
import { hearthHome } from '../catalogue/models-folder.js';
import type { JoinToken } from '../cluster/join-token.js';
import type { WorkerSession } from '../cluster/worker-session.js';
import { ClusterFailedError } from '../errors.js';
import type { OnProgress } from '../report/progress.js';
import { formatBytes } from '../report/readable-amounts.js';
import { ownModel } from '../slices/own-model.js';
import { placeSlice } from '../slices/place-slice.js';
import { SliceBlocks } from '../slices/slice-blocks.js';
import type { TlsIdentity } from '../wire/device-id.js';
import type { BodyOf } from '../wire/messages.js';
import { transferOf } from '../wire/transfer.js';

export interface WorkerSliceOptions {
  identity: TlsIdentity;
  rank: number;
  masterHost: string;
  /** Where the master serves slices, if not where its plan says. */
  filePort: number | null;
  token: JoinToken;
  /** The slice lies here already (a node on the master's machine); null = fetch it from the master. */
  sliceFolder: string | null;
  /** Where this laptop may have the model itself, besides its model cache. */
  modelPath?: string | null;
  forceDownload: boolean;
  onProgress?: OnProgress;
  /** One line per event, for people. */
  say: (line: string) => void;
}

/** This node's slice: where it was said to lie, or put among those that are kept for the next run. */
export async function workerSlice(
  options: WorkerSliceOptions, plan: BodyOf<'plan'>, session: WorkerSession, signal: AbortSignal,
): Promise<SliceBlocks> {
  const folder = options.sliceFolder ?? (await placed(options, plan, session, signal));
  const slice = await SliceBlocks.open(folder);
  if (slice.manifest.source.fingerprint !== plan.model.fingerprint || slice.manifest.rank !== options.rank) {
    throw new ClusterFailedError(
      'WRONG_FINGERPRINT',
      `${folder} is a slice of another model than the master's ${plan.model.name}: ` +
        'start this node with --force-download, or the master with --split-bin.',
      { values: { folder, model: plan.model.name } },
    );
  }
  return slice;
}

/** Puts this node's slice among those it keeps; answers with its folder. */
async function placed(
  options: WorkerSliceOptions, plan: BodyOf<'plan'>, session: WorkerSession, signal: AbortSignal,
): Promise<string> {
  const { identity, rank, masterHost: host, token, modelPath, onProgress, say } = options;
  const port = options.filePort ?? plan.filePort;
  const slice = await placeSlice({
    root: join(hearthHome(), 'slices'),
    partition: { fingerprint: plan.model.fingerprint, dtype: plan.dtype, shares: plan.shares },
    master: port === null ? null : { host, port },
    masterId: token.deviceId,
    identity, rank, signal,
    forceDownload: options.forceDownload || plan.forceDownload,
    peers: plan.peers.flatMap(({ rank: of, deviceId, host: at, blockPort }) =>
      of === rank || at === undefined || blockPort === undefined ? [] : [{ host: at, port: blockPort, deviceId }]),
    ownModel: (fingerprint) => ownModel(fingerprint, modelPath ?? null),
    onProgress: (step, progress) => {
      session.transfer(transferOf(step, progress));
      onProgress?.(progress);
    },
  });
  const { fetchedBytes, fromPeersBytes, keptBytes, reusedBytes, cutBytes } = slice;
  const more = [
    ...(reusedBytes === 0 ? [] : [`${formatBytes(reusedBytes)} taken from other slices`]),
    ...(fromPeersBytes === 0 ? [] : [`${formatBytes(fromPeersBytes)} of what was fetched came from other helpers`]),
    ...(cutBytes === 0 ? [] : [`${formatBytes(cutBytes)} cut from this laptop's own copy of the model`]),
  ];
  const said = [`${formatBytes(fetchedBytes)} fetched`, `${formatBytes(keptBytes)} kept from an earlier run`, ...more];
  say(`Slice: ${said.join(', ')}.`);
  return slice.folder;
}
