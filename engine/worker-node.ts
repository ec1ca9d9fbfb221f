import { hearthHome } from './catalogue/models-folder.js';
import { join } from 'node:path';
import type { JoinToken } from './cluster/join-token.js';
import { WorkerSession } from './cluster/worker-session.js';
import { ClusterFailedError, HearthError, InterruptedError } from './errors.js';
import type { WindowChoice } from './memory/window-choice.js';
import type { ModelConfig } from './model/model-config.js';
import { peakRssBytes } from './report/process-memory.js';
import type { OnProgress } from './report/progress.js';
import { Shard } from './shard/shard.js';
import { shardMemory } from './shard/shard-plan.js';
import { planSliceShard } from './shard/slice-settings.js';
import { SliceBlocks } from './slices/slice-blocks.js';
import { fetchSlice } from './slices/slice-client.js';
import type { TlsIdentity } from './wire/device-id.js';
import type { BodyOf } from './wire/messages.js';

export interface WorkerNodeOptions {
  identity: TlsIdentity;
  rank: number;
  masterHost: string;
  masterPort: number;
  /** Where the master serves slices, if not where its plan says. */
  filePort: number | null;
  token: JoinToken;
  joinTimeoutMs: number;
  window: WindowChoice;
  threads: number | null;
  /** The slice lies here already (a node on the master's machine); null = fetch it from the master. */
  sliceFolder: string | null;
  forceDownload: boolean;
  /** How long to wait awake for another node before sleeping. */
  spinMicroseconds: number;
  hearthVersion: string;
  onProgress?: OnProgress;
  /** One line per event, for people. */
  say: (line: string) => void;
  signal: AbortSignal;
}

/** How long the shards may take to find each other once the plan is known. */
export const dataLinkTimeoutMs = 20_000;

/**
 * The life of a node whose rank was given by hand: joins, gets its slice, loads it, and does what rank 0 says until rank
 * 0 ends the run in peace. Rejects, within seconds, when any node of the run is lost.
 */
export async function runWorkerNode(options: WorkerNodeOptions): Promise<void> {
  const shard = new Shard();
  let session: WorkerSession | null = null;
  try {
    const dataPort = await shard.listen({ host: '0.0.0.0', port: 0, identity: options.identity, role: 'worker' });
    const { identity, rank, masterHost: host, masterPort: port, token, joinTimeoutMs, hearthVersion, signal } = options;
    session = await WorkerSession.join({ identity, host, port, rank, token, hearthVersion, dataPort, joinTimeoutMs, signal });
    options.say(`Joined the master at ${host}:${port} as rank ${rank}.`);
    const ended = endOf(session, signal);
    await Promise.race([takePart(options, session, shard), ended]);
  } catch (error) {
    if (session !== null && error instanceof HearthError && !(error instanceof ClusterFailedError)) {
      session.refuse(error.code, error.message);
    }
    throw error;
  } finally {
    session?.close();
    shard.abandon(new InterruptedError());
  }
}

/** Settles when the session does: resolves when the master ends in peace, rejects with what went wrong. */
function endOf(session: WorkerSession, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    session.onEnded = (error) => (error === null ? resolve() : reject(error));
    signal.addEventListener('abort', () => reject(new InterruptedError()), { once: true });
    if (signal.aborted) reject(new InterruptedError());
  });
}

async function takePart(options: WorkerNodeOptions, session: WorkerSession, shard: Shard): Promise<void> {
  const plan = await session.plan;
  // First of all, while nobody is busy: fetching a slice may take hours.
  await shard.connect({
    collective: plan.collective,
    rank: options.rank,
    worldSize: plan.worldSize,
    identity: options.identity,
    secret: Buffer.from(plan.dataSecret, 'hex'),
    peers: plan.peers.map((peer) => ({ ...peer, host: peer.host ?? options.masterHost })),
    timeoutMs: dataLinkTimeoutMs,
    spinMicroseconds: options.spinMicroseconds,
  });
  const slice = await sliceOf(options, plan, session);
  const share = plan.shares[options.rank];
  if (share === undefined) throw new ClusterFailedError('PLAN_INCOMPLETE', 'The plan has no share for this node.');
  const { settings, predictedPeakBytes } = planSliceShard({
    config: plan.config as unknown as ModelConfig,
    share,
    worldSize: plan.worldSize,
    slice,
    window: options.window,
    embedding: null,
    capacity: plan.contextTokens,
    kvDtype: plan.kvDtype,
    tokensPerPass: plan.tokensPerPass,
    logitRows: 0,
    threads: options.threads,
  });
  await shard.load(settings, options.onProgress);
  session.onReportRequest = () => void sendReport(session, shard, predictedPeakBytes);
  session.ready({ weightBytes: shardMemory(settings).weights, predictedPeakBytes });
  options.say(`Ready: ${share.kvHeads} KV heads and ${share.ffnColumns} FFN columns of ${plan.model.name}.`);
  await shard.follow();
}

async function sendReport(session: WorkerSession, shard: Shard, predictedPeakBytes: number): Promise<void> {
  const report = await shard.report();
  session.report({
    peakRssBytes: peakRssBytes(),
    predictedPeakBytes,
    weightBytesRead: report.weightBytesRead,
    wireBytesSent: report.wireBytesSent,
    wireBytesReceived: report.wireBytesReceived,
    allReduces: report.allReduces,
    computeMs: report.computeMs,
    waitMs: report.allReduceWaitMs,
    wireMs: report.allReduceWireMs,
    weightWaitMs: report.weightWaitMs,
  });
}

/** This node's slice: where it was said to lie, or fetched from the master and kept for the next run. */
async function sliceOf(options: WorkerNodeOptions, plan: BodyOf<'plan'>, session: WorkerSession): Promise<SliceBlocks> {
  const folder = options.sliceFolder ?? keptSliceFolder(plan, options.rank);
  if (options.sliceFolder === null) {
    const filePort = options.filePort ?? plan.filePort;
    if (filePort === null) throw new ClusterFailedError('PLAN_INCOMPLETE', 'The master serves no slices.');
    await fetchSlice({
      host: options.masterHost,
      port: filePort,
      identity: options.identity,
      masterId: options.token.deviceId,
      rank: options.rank,
      folder,
      forceDownload: options.forceDownload,
      signal: options.signal,
      onProgress: (progress) => {
        session.sliceProgress(progress.doneBytes, progress.totalBytes);
        options.onProgress?.(progress);
      },
    });
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
  const split = plan.shares.map((share) => `${share.kvHeads}x${share.ffnColumns}`).join('-');
  return join(hearthHome(), 'slices', plan.model.fingerprint.slice(0, 16), `${plan.dtype}_${split}`.slice(0, 200), `node_${rank}`);
}
