import { randomBytes } from 'node:crypto';
import { createJoinToken, encodeJoinToken, type JoinToken } from './cluster/join-token.js';
import { makeIdentity } from './cluster/identity.js';
import { MasterSession } from './cluster/master-session.js';
import { HearthError, InterruptedError } from './errors.js';
import type { OpenedModel } from './model/opened-model.js';
import { giveBackUnused } from './report/process-memory.js';
import type { OnProgress } from './report/progress.js';
import { Shard } from './shard/shard.js';
import type { SliceShardPlan } from './shard/slice-settings.js';
import { hasQuantisedLayers, type SoloOptions } from './shard/solo-settings.js';
import type { Share } from './slices/block.js';
import { ensureSlices } from './slices/ensure-slices.js';
import { partition } from './slices/partition.js';
import { sliceFolder } from './slices/slice-folder.js';
import { serveSlices, type SliceServer } from './slices/slice-server.js';
import type { TlsIdentity } from './wire/device-id.js';
import { transferOf } from './wire/transfer.js';
import { callOthers } from './world/call-others.js';
import { ChildNodes } from './world/child-nodes.js';
import { lostRanks } from './world/lost-ranks.js';
import { masterShard } from './world/master-shard.js';
import { addressesFor, type NodeAddresses } from './world/node-addresses.js';
import type { Placement } from './world/placement.js';
import { dataLinkTimeoutMs, reportTimeoutMs, verdictMs } from './world/run-patience.js';
import { spinFor } from './world/shared-cores.js';
import { unlessStopped } from './world/unless-stopped.js';
import { peersOf, workerPlan } from './world/worker-plan.js';
import type { WorldOptions } from './world-options.js';

/** A run over several nodes, ready to answer. */
export interface World extends Placement {
  session: MasterSession;
}

/**
 * Rank 0's way to a run over several nodes: slices the model, lets the others in, gives each its plan, connects the
 * shards, loads its own slice, and waits until all are ready. Any failure on the way ends the other nodes too.
 */
export async function gatherWorld(model: OpenedModel, load: SoloOptions, world: WorldOptions): Promise<World> {
  const gathering = new Gathering(model, load, world);
  try {
    return await gathering.run();
  } catch (error) {
    const cause = await gathering.explain(error);
    await gathering.end();
    throw cause;
  }
}

class Gathering {
  readonly #shares: Share[];
  readonly #shard = new Shard();
  readonly #children = new ChildNodes();
  readonly #addresses: NodeAddresses;
  #session: MasterSession | null = null;
  #sliceServer: SliceServer | null = null;
  /** Settles once nothing is being made or loaded any more. */
  #preparing: Promise<unknown> = Promise.resolve();
  /** Ends slicing with the run. */
  readonly #slicing = new AbortController();
  /** Why the run has failed; the workers are told. */
  #cause: unknown = null;

  constructor(
    private readonly model: OpenedModel,
    private readonly load: SoloOptions,
    private readonly world: WorldOptions,
  ) {
    this.#shares = partition(model.config, world.ratio, { quantised: hasQuantisedLayers(model, load.dtype) });
    this.#addresses = addressesFor(world.others);
  }

  async run(): Promise<World> {
    const { world } = this;
    // Nodes of one machine trust each other by the token alone; a stored identity is for laptops that meet again.
    const identity = world.others.kind === 'local' ? await makeIdentity() : world.others.at.identity;
    const token = createJoinToken(identity.deviceId);
    const session = await this.#openSession(identity, token);
    const lost = new Promise<never>((_, reject) => session.whenLost(reject));
    lost.catch(() => undefined);
    // Before anybody is asked to come, so that a port in use is heard of at once and not after hours of slicing.
    const dataPort = await this.#openPorts(identity, session);
    const masterPort = await session.port();
    const { model: { path: modelPath }, load } = this;
    callOthers({ world, modelPath, load, token: encodeJoinToken(token), masterPort }, this.#children);
    const preparing = this.#prepare(identity, session, dataPort);
    this.#preparing = preparing.catch(() => undefined);
    const planned = await unlessStopped(
      Promise.race([preparing, lost, this.#children.lost()]), world.signal, () => this.#slicing.abort(),
    );
    // Every node has its slice: nobody needs to fetch one any more.
    this.#sliceServer?.close();
    await giveBackUnused();
    return {
      shard: this.#shard, ...planned, shares: this.#shares, session,
      reports: () => session.reports(reportTimeoutMs),
      whenLost: (act) => session.whenLost(act),
      explain: (error) => this.explain(error),
      close: () => this.end(),
    };
  }

  async #openSession(identity: TlsIdentity, token: JoinToken): Promise<MasterSession> {
    const { world } = this;
    const { others } = world;
    this.#session = await MasterSession.listen({
      identity,
      token,
      host: this.#addresses.host,
      port: this.#addresses.session,
      worldSize: world.worldSize,
      ...(others.kind !== 'invited' ? {} : {
        invites: (deviceId, rank) => others.nodes.some((node) => node.rank === rank && node.deviceId === deviceId),
      }),
      onJoined: ({ rank, host }) => others.kind === 'local' || world.say(`Rank ${rank} joined from ${host}.`),
      onTransfer: world.onTransfer,
      onTurnedAway: (host, why) => world.say(`A node at ${host} was not let in: ${why}`),
    });
    return this.#session;
  }

  /** Opens what the others need besides the session; answers with the port for activations. */
  async #openPorts(identity: TlsIdentity, session: MasterSession): Promise<number> {
    const { host, data, file } = this.#addresses;
    if (file !== null) await this.#serve(identity, session, host, file);
    const role = this.world.collective === 'star' ? 'master' : 'worker';
    return this.#shard.listen({ host, port: data, identity, role });
  }

  async #prepare(identity: TlsIdentity, session: MasterSession, dataPort: number): Promise<SliceShardPlan> {
    const { world, model, load } = this;
    const request = {
      model, shares: this.#shares, dtype: load.dtype, saveDir: world.saveDir, force: world.splitBin,
      signal: this.#slicing.signal, onProgress: this.#showing('cutting'),
    };
    const [slices, workers] = await Promise.all([ensureSlices(request), session.joined(world.joinTimeoutMs, world.signal)]);
    const [slice] = slices;
    if (slice === undefined) throw new Error('slicing yields one slice per rank');
    await giveBackUnused();
    const planned = masterShard({ model, load, world, shares: this.#shares, slice });
    const { settings } = planned;
    const secret = randomBytes(32);
    const peers = peersOf({ deviceId: identity.deviceId, dataPort }, workers);
    const filePort = this.#sliceServer?.port ?? null;
    const plan = workerPlan({ model, load, world, settings, shares: this.#shares, secret, peers, filePort });
    for (const { rank } of workers) session.sendPlan(rank, plan);
    await this.#shard.connect({
      collective: world.collective, rank: 0, worldSize: world.worldSize, identity, secret, peers,
      timeoutMs: dataLinkTimeoutMs, spinMicroseconds: spinFor(world, settings.threads),
    });
    await Promise.all([this.#shard.load(settings, this.#showing('loading')), session.ready(world.signal)]);
    return planned;
  }

  #showing(step: 'cutting' | 'loading'): OnProgress {
    const { onProgress, onTransfer } = this.world;
    return (progress) => {
      onProgress?.(progress);
      onTransfer?.(0, transferOf(step, progress));
    };
  }

  async #serve(identity: TlsIdentity, session: MasterSession, host: string, port: number): Promise<void> {
    const { saveDir, onProgress } = this.world;
    this.#sliceServer = await serveSlices({
      host, port, identity,
      folderOf: (deviceId, rank) =>
        session.isMember(deviceId, rank) ? sliceFolder(this.model.path, saveDir, rank) : undefined,
      ...(onProgress === undefined ? {} : { onProgress: (_rank, progress) => onProgress(progress) }),
    });
  }

  /** The failure that counts: what the session knows of who was lost and why, else the one that was noticed. */
  async explain(error: unknown): Promise<unknown> {
    const othersMayKnow = error instanceof HearthError && error.exitCode === 4;
    const known = othersMayKnow ? await this.#session?.failure(verdictMs) : null;
    this.#cause ??= known ?? error;
    return this.#cause;
  }

  /** Ends the run on all nodes: in peace, or for the reason that {@link explain} found. */
  async end(): Promise<void> {
    this.#slicing.abort();
    const cause = this.#cause;
    await this.#session?.close(cause === null || cause instanceof InterruptedError ? undefined : sentenceOf(cause));
    this.#sliceServer?.close();
    if (cause !== null) void this.#shard.abandon(cause instanceof Error ? cause : new Error(sentenceOf(cause)));
    await this.#shard.close().catch(() => undefined);
    await this.#preparing;
    await this.#children.end(lostRanks(cause));
  }
}

function sentenceOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}
