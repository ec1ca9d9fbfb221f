import type { Cluster } from '../cluster/cluster.js';
import type { ChildNode, InvitedNodeRequest } from '../local-node.js';

interface Invited {
  readonly deviceId: string;
  readonly settle: (reason: string) => void;
}

/** The master's side: asks members into a run, over the links it has with them, and hears when their part is over. */
export class Invitations {
  readonly #open = new Map<number, Invited>();
  #number = 0;

  constructor(private readonly cluster: Pick<Cluster, 'send' | 'onMessage' | 'onAbsent'>) {
    cluster.onMessage(({ from, control }) => {
      if (control.name !== 'inviteEnded') return;
      const { number, reason } = control.body;
      if (this.#open.get(number)?.deviceId === from) this.#settle(number, reason);
    });
    cluster.onAbsent((deviceId, why) => {
      for (const [number, open] of [...this.#open]) if (open.deviceId === deviceId) this.#settle(number, absentWords[why]);
    });
  }

  invite(request: InvitedNodeRequest): ChildNode {
    const { deviceId, rank, worldSize, masterPort, token, window } = request;
    this.#number += 1;
    const number = this.#number;
    const exited = new Promise<string>((settle) => this.#open.set(number, { deviceId, settle }));
    const sent = this.cluster.send(deviceId, 'invite', { number, rank, worldSize, masterPort, token, window });
    if (!sent) this.#settle(number, 'it is not there.');
    return { exited, kill: () => this.#cancel(number) };
  }

  #cancel(number: number): void {
    const open = this.#open.get(number);
    if (open === undefined) return;
    this.cluster.send(open.deviceId, 'inviteCancel', { number });
    this.#settle(number, '');
  }

  #settle(number: number, reason: string): void {
    this.#open.get(number)?.settle(reason);
    this.#open.delete(number);
  }
}

const absentWords = {
  goodbye: 'it left.',
  silent: 'it was silent for 4 s.',
  closed: 'its connection broke.',
  removed: 'it was unpaired.',
  restarted: 'it was started again.',
  cloned: 'two laptops run as this one device.',
} as const;
