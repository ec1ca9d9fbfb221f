import type { JoinedWorker } from '../cluster/master-session.js';
import type { OpenedModel } from '../model/opened-model.js';
import type { ShardSettings } from '../shard/shard-settings.js';
import type { SoloOptions } from '../shard/solo-settings.js';
import type { Share } from '../slices/block.js';
import type { BodyOf } from '../wire/messages.js';
import type { WorldOptions } from '../world-options.js';

type Plan = BodyOf<'plan'>;

export interface WorkerPlanParts {
  model: Pick<OpenedModel, 'name' | 'fingerprint'>;
  load: Pick<SoloOptions, 'dtype'>;
  world: Pick<WorldOptions, 'worldSize' | 'collective' | 'forceDownload'>;
  /** Rank 0's: what all have in common is as there. */
  settings: Pick<ShardSettings, 'config' | 'capacity' | 'contexts' | 'kvDtype' | 'tokensPerPass'>;
  shares: readonly Share[];
  secret: Buffer;
  peers: Plan['peers'];
  filePort: number | null;
}

/** What the workers are told to do. Pure. */
export function workerPlan({ model, load, world, settings, shares, secret, peers, filePort }: WorkerPlanParts): Plan {
  return {
    model: { name: model.name, fingerprint: model.fingerprint },
    config: { ...settings.config },
    worldSize: world.worldSize,
    shares: [...shares],
    dtype: load.dtype ?? 'stored',
    contextTokens: settings.capacity,
    contexts: settings.contexts,
    kvDtype: settings.kvDtype,
    tokensPerPass: settings.tokensPerPass,
    collective: world.collective,
    dataSecret: secret.toString('hex'),
    peers,
    filePort,
    forceDownload: world.forceDownload ?? false,
  };
}

/** Who exchanges activations and block files with whom: rank 0 is reached where the workers reached its session. Pure. */
export function peersOf(master: { deviceId: string; dataPort: number }, workers: readonly JoinedWorker[]): Plan['peers'] {
  return [
    { rank: 0, ...master },
    ...workers.map(({ rank, deviceId, host, dataPort, blockPort }) => ({
      rank, deviceId, host,
      ...(dataPort === undefined ? {} : { dataPort }), ...(blockPort === undefined ? {} : { blockPort }),
    })),
  ];
}
