import { randomBytes } from 'node:crypto';
import { createJoinToken, encodeJoinToken, type JoinToken } from './cluster/join-token.js';
import { makeIdentity } from './cluster/identity.js';
import { MasterSession } from './cluster/master-session.js';
import { isQuantised } from './formats/dtype.js';
import type { ChildNode } from './local-node.js';
import type { OpenedModel } from './model/opened-model.js';
import { kernels } from '../native-kernels/index.js';
import { NodeLostError } from './collective/node-lost-error.js';
import { HearthError, InterruptedError } from './errors.js';
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
import { dataLinkTimeoutMs, verdictMs } from './worker-node.js';
import type { WorldOptions } from './world-options.js';

/** A run over several nodes, ready to answer. */
export interface World {
  shard: Shard;
  settings: ShardSettings;
  /** The most memory rank 0's process will have. */
  predictedPeakBytes: number;
  shares: readonly Share[];
  session: MasterSession;
  /** What a failure of the shard really comes to: who was lost and why, where the session knows better. */
  explain(error: unknown): Promise<unknown>;
  /** Ends the run: in peace, unless {@link explain} was asked before. */
  close(): Promise<void>;
}

/** Where this master can be reached, besides its session. */
interface Ports {
  data: number;
  /** Null where nobody needs to fetch a slice. */
  file: number | null;
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
  readonly #children: ChildNode[] = [];
  #session: MasterSession | null = null;
  #sliceServer: SliceServer | null = null;
  /** Ends slicing with the run. */
  readonly #slicing = new AbortController();
  /** Why the run has failed; the workers are told. */
  #cause: unknown = null;

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
    const { world } = this;
    const ended = stopped(world.signal, this.#slicing);
    // Nodes of one machine trust each other by the token alone; a stored identity is for laptops that meet again.
    const identity = world.identity ?? (await makeIdentity());
    const token = createJoinToken(identity.deviceId);
    const session = await this.#openSession(identity, token);
    const lost = new Promise<never>((_, reject) => session.whenLost(reject));
    lost.catch(() => undefined);
    // Before anybody is asked to come, so that a port in use is heard of at once and not after hours of slicing.
    const ports = await this.#openPorts(identity, session);
    const port = await session.port();
    if (world.startLocal === null) world.onListening(encodeJoinToken(token), port);
    else this.#startLocalNodes(encodeJoinToken(token), port);
    const planned = await Promise.race([this.#prepare(identity, session, ports), lost, this.#childLost(), ended]);
    // Every node has its slice: nobody needs to fetch one any more.
    this.#sliceServer?.close();
    return {
      shard: this.#shard, ...planned, shares: this.#shares, session,
      explain: (error) => this.explain(error), close: () => this.end(),
    };
  }

  async #openSession(identity: TlsIdentity, token: JoinToken): Promise<MasterSession> {
    const { world } = this;
    this.#session = await MasterSession.listen({
      identity,
      token,
      host: world.startLocal === null ? world.masterHost : '127.0.0.1',
      port: world.startLocal === null ? world.masterPort : 0,
      worldSize: world.worldSize,
      onJoined: ({ rank, host }) => world.startLocal ?? world.say(`Rank ${rank} joined from ${host}.`),
      onTurnedAway: (host, why) => world.say(`A node at ${host} was not let in: ${why}`),
    });
    return this.#session;
  }

  async #openPorts(identity: TlsIdentity, session: MasterSession): Promise<Ports> {
    const { world } = this;
    const role = world.collective === 'star' ? 'master' : 'worker';
    if (world.startLocal !== null) {
      return { data: await this.#shard.listen({ host: '127.0.0.1', port: 0, identity, role }), file: null };
    }
    const file = await this.#serve(identity, session);
    return { data: await this.#shard.listen({ host: world.masterHost, port: dataPort(world), identity, role }), file };
  }

  async #prepare(identity: TlsIdentity, session: MasterSession, ports: Ports): Promise<SliceShardPlan> {
    const { world, model } = this;
    const request = {
      model, shares: this.#shares, dtype: this.load.dtype, saveDir: world.saveDir, force: world.splitBin,
      signal: this.#slicing.signal, ...(world.onProgress === undefined ? {} : { onProgress: world.onProgress }),
    };
    const [slices, workers] = await Promise.all([ensureSlices(request), session.joined(world.joinTimeoutMs, world.signal)]);
    const [slice] = slices;
    if (slice === undefined) throw new Error('slicing yields one slice per rank');
    const planned = this.#plannedShard(slice);
    const { settings } = planned;
    const secret = randomBytes(32);
    const peers = [
      { rank: 0, deviceId: identity.deviceId, dataPort: ports.data },
      ...workers.map(({ rank, deviceId, host, dataPort: of }) => ({
        rank, deviceId, host, ...(of === undefined ? {} : { dataPort: of }),
      })),
    ];
    for (const { rank } of workers) session.sendPlan(rank, this.#plan(settings, secret, peers, ports.file));
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
      forceDownload: this.world.forceDownload ?? false,
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
    const ends = this.#children.map(async (child, index) => ({ rank: index + 1, line: await child.exited }));
    if (ends.length === 0) return new Promise<never>(() => undefined);
    const { rank, line } = await Promise.race(ends);
    throw new NodeLostError(rank, line === '' ? 'its process ended.' : line.replace(/^hearth: /, ''));
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
    if (cause !== null) this.#shard.abandon(cause instanceof Error ? cause : new Error(sentenceOf(cause)));
    await this.#shard.close().catch(() => undefined);
    const ended = Promise.all(this.#children.map((child) => child.exited));
    const patience = setTimeout(() => this.#children.forEach((child) => child.kill()), 3_000);
    await ended;
    clearTimeout(patience);
  }
}

/** Rejects when the person stops the run; stops `slicing` too. */
function stopped(signal: AbortSignal, slicing: AbortController): Promise<never> {
  const stop = new Promise<never>((_, reject) => {
    const act = (): void => {
      slicing.abort();
      reject(new InterruptedError());
    };
    signal.addEventListener('abort', act, { once: true });
    if (signal.aborted) act();
  });
  stop.catch(() => undefined);
  return stop;
}

function sentenceOf(cause: unknown): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : String(cause);
}

/** Activations go through the port after the master's own, so that a firewall can be told; 0 takes any. */
function dataPort({ masterPort, filePort }: WorldOptions): number {
  if (masterPort === 0) return 0;
  const next = masterPort + 1 === filePort ? masterPort + 2 : masterPort + 1;
  return next > 65_535 ? 0 : next;
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
