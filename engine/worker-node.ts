import { NodeLostError } from './collective/node-lost-error.js';
import { WorkerSession } from './cluster/worker-session.js';
import { ClusterFailedError, HearthError, InterruptedError, sayingOf } from './errors.js';
import type { WindowChoice } from './memory/window-choice.js';
import type { ModelConfig } from './model/model-config.js';
import { giveBackUnused, peakRssBytes } from './report/process-memory.js';
import { Shard } from './shard/shard.js';
import { shardMemory } from './shard/shard-plan.js';
import { planSliceShard } from './shard/slice-settings.js';
import { transferOf } from './wire/transfer.js';
import { dataLinkTimeoutMs, verdictMs } from './world/run-patience.js';
import { unlessStopped } from './world/unless-stopped.js';
import { workerSlice, type WorkerSliceOptions } from './world/worker-slice.js';

export interface WorkerNodeOptions extends WorkerSliceOptions {
  masterPort: number;
  joinTimeoutMs: number;
  window: WindowChoice;
  /** Where this node lets its home have the block files it keeps; left out where it does not. */
  blockPort?: number | undefined;
  threads: number | null;
  /** How long to wait awake for another node before sleeping. */
  spinMicroseconds: number;
  hearthVersion: string;
  signal: AbortSignal;
}

/**
 * The life of a node of a run: joins, gets its slice, loads it, and does what rank 0 says until rank
 * 0 ends the run in peace. Rejects, within seconds, when any node of the run is lost.
 */
export async function runWorkerNode(options: WorkerNodeOptions): Promise<void> {
  const shard = new Shard();
  const fetching = new AbortController();
  let session: WorkerSession | null = null;
  try {
    const dataPort = await shard.listen({ host: '0.0.0.0', port: 0, identity: options.identity, role: 'worker' });
    const { identity, rank, masterHost: host, masterPort: port, token, joinTimeoutMs, hearthVersion, signal } = options;
    session = await WorkerSession.join({ identity, host, port, rank, token, hearthVersion, dataPort, blockPort: options.blockPort, joinTimeoutMs, signal });
    options.say(`Joined the master at ${host}:${port} as rank ${rank}.`);
    await unlessStopped(Promise.race([takePart(options, session, shard, fetching.signal), session.ended]), signal);
  } catch (error) {
    if (session === null) throw error;
    await explain(session, error);
  } finally {
    fetching.abort();
    session?.close();
    // A node that is asked again at once has its memory back by then.
    await shard.abandon(new InterruptedError());
  }
  options.say('The master ended the run.');
}

/**
 * Throws what really ended this node's part: the master's word where there is one, else its own failure, of which the
 * master is told. Returns when the master ended the run in peace.
 */
async function explain(session: WorkerSession, error: unknown): Promise<void> {
  if (error instanceof InterruptedError) {
    session.close('it was stopped.');
    throw error;
  }
  const othersMayKnow = error instanceof HearthError && error.exitCode === 4;
  if (await endedWithin(session, othersMayKnow ? verdictMs : 0)) return;
  if (error instanceof NodeLostError) session.lost(error.rank, error.message);
  else session.refuse(sayingOf(error));
  throw error;
}

/** Whether the master ends the run in peace within `ms`; rejects with what else ends it in that time. */
async function endedWithin(session: WorkerSession, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([session.ended.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function takePart(
  options: WorkerNodeOptions, session: WorkerSession, shard: Shard, signal: AbortSignal,
): Promise<void> {
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
  const slice = await workerSlice(options, plan, session, signal);
  const share = plan.shares[options.rank];
  if (share === undefined) throw new ClusterFailedError('PLAN_INCOMPLETE', 'The plan has no share for this node.');
  await giveBackUnused();
  const { settings, predictedPeakBytes } = planSliceShard({
    config: plan.config as unknown as ModelConfig,
    share,
    worldSize: plan.worldSize,
    slice,
    window: options.window,
    embedding: null,
    capacity: plan.contextTokens,
    contexts: plan.contexts,
    kvDtype: plan.kvDtype,
    tokensPerPass: plan.tokensPerPass,
    logitRows: 0,
    threads: options.threads,
  });
  const { onProgress } = options;
  await shard.load(settings, (progress) => {
    session.transfer(transferOf('loading', progress));
    onProgress?.(progress);
  });
  // A shard that has none to give is lost, and that is heard where it is waited for.
  session.onReportRequest = () => void sendReport(session, shard, predictedPeakBytes).catch(() => undefined);
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
