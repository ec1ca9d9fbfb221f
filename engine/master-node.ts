import { randomBytes } from 'node:crypto';
import { createJoinToken, encodeJoinToken } from './cluster/join-token.js';
import { makeIdentity } from './cluster/identity.js';
import { MasterSession } from './cluster/master-session.js';
import { isQuantised } from './formats/dtype.js';
import type { ChildNode } from './local-node.js';
import type { OpenedModel } from './model/opened-model.js';
import { kernels } from '../native-kernels/index.js';
import { NodeLostError } from './collective/node-lost-error.js';
import { Shard } from './shard/shard.js';
import { embeddingTable, tokensPerPass } from './shard/shard-plan.js';
import type { ShardSettings } from './shard/shard-settings.js';
import { planSliceShard, type SliceShardPlan } from './shard/slice-settings.js';
import { dtypeOf, type SoloOptions } from './shard/solo-settings.js';
import type { Share } from './slices/block.js';
import { ensureSlices } from './slices/ensure-slices.js';
import { partition } from './slices/partition.js';
import type { SliceBlocks } from './slices/slice-blocks.js';
import { sliceFolder } from './slices/slice-folder.js';
import { serveSlices, type SliceServer } from './slices/slice-server.js';
import type { TlsIdentity } from './wire/device-id.js';
import type { BodyOf } from './wire/messages.js';
import { dataLinkTimeoutMs } from './worker-node.js';
import type { WorldOptions } from './world-options.js';

/** A run over several nodes, ready to answer. */
export interface World {
  shard: Shard;
  settings: ShardSettings;
  /** The most memory rank 0's process will have. */
  predictedPeakBytes: number;
  shares: readonly Share[];
  session: MasterSession;
  close(): Promise<void>;
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
    await gathering.end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

class Gathering {
  readonly #shares: Share[];
  readonly #shard = new Shard();
  readonly #children: ChildNode[] = [];
  #session: MasterSession | null = null;
  #sliceServer: SliceServer | null = null;

  constructor(
    private readonly model: OpenedModel,
    private readonly load: SoloOptions,
    private readonly world: WorldOptions,
  ) {
    const typeOf = dtypeOf(model, load.dtype);
    const quantised = [...model.tensors.keys()].some((name) => name.includes('.layers.') && isQuantised(typeOf(name)));
    this.#shares = partition(model.config, world.ratio, { quantised });
  }

  async run(): Promise<World> {
    const { world, model } = this;
    // Nodes of one machine trust each other by the token alone; a stored identity is for laptops that meet again.
    const identity = world.identity ?? (await makeIdentity());
    const token = createJoinToken(identity.deviceId);
    const session = await MasterSession.listen({
      identity,
      token,
      host: world.startLocal === null ? world.masterHost : '127.0.0.1',
      port: world.startLocal === null ? world.masterPort : 0,
      worldSize: world.worldSize,
      onJoined: ({ rank, host }) => world.startLocal ?? world.say(`Rank ${rank} joined from ${host}.`),
    });
    this.#session = session;
    const lost = new Promise<never>((_, reject) => session.whenLost(reject));
    lost.catch(() => undefined);
    const port = await session.port();
    if (world.startLocal === null) world.onListening(encodeJoinToken(token), port);
    const ready = this.#prepare(identity, session, encodeJoinToken(token), port);
    const planned = await Promise.race([ready, lost, ...(this.#children.length > 0 ? [this.#childLost()] : [])]);
    return { shard: this.#shard, ...planned, shares: this.#shares, session, close: () => this.end() };
  }

  async #prepare(identity: TlsIdentity, session: MasterSession, token: string, port: number): Promise<SliceShardPlan> {
    const { world, model } = this;
    const request = {
      model, shares: this.#shares, dtype: this.load.dtype, saveDir: world.saveDir, force: world.splitBin,
      signal: world.signal, ...(world.onProgress === undefined ? {} : { onProgress: world.onProgress }),
    };
    this.#startLocalNodes(token, port);
    const [slices, workers] = await Promise.all([
      ensureSlices(request), session.joined(world.joinTimeoutMs, world.signal),
    ]);
    const [slice] = slices;
    if (slice === undefined) throw new Error('slicing yields one slice per rank');
    const planned = this.#plannedShard(slice);
    const { settings } = planned;
    const dataPort = await this.#shard.listen({
      host: world.startLocal === null ? world.masterHost : '127.0.0.1',
      port: world.startLocal === null && world.masterPort !== 0 ? world.masterPort + 1 : 0,
      identity,
      role: world.collective === 'star' ? 'master' : 'worker',
    });
    const filePort = world.startLocal === null ? await this.#serve(identity, session) : null;
    const secret = randomBytes(32);
    const peers = [
      { rank: 0, deviceId: identity.deviceId, dataPort },
      ...workers.map(({ rank, deviceId, host, dataPort: of }) => ({
        rank, deviceId, host, ...(of === undefined ? {} : { dataPort: of }),
      })),
    ];
    for (const { rank } of workers) session.sendPlan(rank, this.#plan(settings, secret, peers, filePort));
    await this.#shard.connect({
      collective: world.collective, rank: 0, worldSize: world.worldSize, identity, secret, peers,
      timeoutMs: dataLinkTimeoutMs, spinMicroseconds: spinFor(world, settings.threads),
    });
    await Promise.all([this.#shard.load(settings, world.onProgress), session.ready(world.signal)]);
    return planned;
  }

  #startLocalNodes(token: string, masterPort: number): void {
    const { world } = this;
    if (world.startLocal === null) return;
    for (let rank = 1; rank < world.worldSize; rank++) {
      const folder = sliceFolder(this.model.path, world.saveDir, rank);
      const threads = localThreads(world, this.load.threads);
      this.#children.push(world.startLocal({ rank, masterPort, token, sliceFolder: folder, threads }));
    }
  }

  #plannedShard(slice: SliceBlocks): SliceShardPlan {
    const { config, tensors } = this.model;
    const [share] = this.#shares;
    if (share === undefined) throw new Error('rank 0 always has a share');
    const capacity = Math.min(this.load.contextTokens, config.maxPositions);
    return planSliceShard({
      config, share, slice, capacity,
      worldSize: this.world.worldSize,
      window: this.world.window,
      embedding: embeddingTable(tensors),
      kvDtype: this.load.kvDtype,
      tokensPerPass: tokensPerPass(config, this.#shares, capacity),
      logitRows: this.load.logitRows ?? 1,
      threads: this.world.startLocal === null ? this.load.threads : localThreads(this.world, this.load.threads),
    });
  }

  #plan(settings: ShardSettings, secret: Buffer, peers: BodyOf<'plan'>['peers'], filePort: number | null): BodyOf<'plan'> {
    return {
      model: { name: this.model.name, fingerprint: this.model.fingerprint },
      config: { ...settings.config },
      worldSize: this.world.worldSize,
      shares: this.#shares,
      dtype: this.load.dtype ?? 'stored',
      contextTokens: settings.capacity,
      kvDtype: settings.kvDtype,
      tokensPerPass: settings.tokensPerPass,
      collective: this.world.collective,
      dataSecret: secret.toString('hex'),
      peers,
      filePort,
      forceDownload: false,
    };
  }

  async #serve(identity: TlsIdentity, session: MasterSession): Promise<number> {
    this.#sliceServer = await serveSlices({
      host: this.world.masterHost,
      port: this.world.filePort,
      identity,
      folderOf: (deviceId, rank) =>
        session.isMember(deviceId, rank) ? sliceFolder(this.model.path, this.world.saveDir, rank) : undefined,
      ...(this.world.onProgress === undefined ? {} : { onProgress: (_rank, progress) => this.world.onProgress?.(progress) }),
    });
    return this.#sliceServer.port;
  }

  /** A local node that ends before the run does has said why on standard error. */
  async #childLost(): Promise<never> {
    const ended = await Promise.race(this.#children.map(async (child, index) => ({ rank: index + 1, line: await child.exited })));
    if (ended === undefined) return new Promise<never>(() => undefined);
    throw new NodeLostError(ended.rank, ended.line === '' ? 'its process ended.' : ended.line);
  }

  async end(reason?: string): Promise<void> {
    await this.#session?.close(reason);
    this.#sliceServer?.close();
    await this.#shard.close().catch(() => undefined);
    const ended = Promise.all(this.#children.map((child) => child.exited));
    const patience = setTimeout(() => this.#children.forEach((child) => child.kill()), 3_000);
    await ended;
    clearTimeout(patience);
  }
}

/** Nodes of one machine share its cores. */
function localThreads(world: WorldOptions, asked: number | null): number {
  return asked ?? Math.max(1, Math.floor(kernels.physicalCores() / world.worldSize));
}

/** Waiting awake only pays where nobody else on this machine wants the core. */
function spinFor(world: WorldOptions, threads: number | null): number {
  if (world.startLocal === null) return 100;
  return world.worldSize * (threads ?? kernels.physicalCores()) <= kernels.physicalCores() ? 100 : 0;
}
