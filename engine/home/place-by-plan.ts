import type { ClusterPlan } from '../cluster/plan.js';
import type { ChildNode, InvitedNodeRequest } from '../local-node.js';
import { gatherWorld } from '../master-node.js';
import type { OpenedModel } from '../model/opened-model.js';
import type { SoloOptions } from '../shard/solo-settings.js';
import { transferOf, type Transfer } from '../wire/transfer.js';
import { placeHere, type Placement } from '../world/placement.js';
import type { MasterAddress } from '../world-options.js';

/** How long laptops that are known to be there may take to come. */
const joinTimeoutMs = 10_000;

export interface Placing {
  readonly model: OpenedModel;
  readonly load: SoloOptions;
  readonly at: MasterAddress;
  readonly invite: (request: InvitedNodeRequest) => ChildNode;
  readonly saveDir: string;
  readonly collective: 'star' | 'ring';
  readonly onTransfer: (deviceId: string, transfer: Transfer) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Puts the weights where a plan says. Rejects with what is in the way; then nothing is left anywhere. */
export function placeByPlan(plan: ClusterPlan, placing: Placing): Promise<Placement> {
  const { model, load, at, invite, saveDir, collective, onTransfer, say, signal } = placing;
  const [master, ...nodes] = plan.nodes;
  if (master === undefined) throw new Error('a plan has a master');
  // What this laptop can hold by itself needs no slices.
  if (nodes.length === 0 && master.window.kind === 'off') {
    return placeHere(model, load, (progress) => onTransfer(master.deviceId, transferOf('loading', progress)), signal);
  }
  return gatherWorld(model, load, {
    worldSize: plan.nodes.length,
    ratio: plan.ratio,
    collective,
    window: master.window,
    others: { kind: 'invited', at, nodes, invite },
    joinTimeoutMs, saveDir, splitBin: false, say, signal,
    onTransfer: (rank, transfer) => {
      const node = plan.nodes[rank];
      if (node !== undefined) onTransfer(node.deviceId, transfer);
    },
  });
}
