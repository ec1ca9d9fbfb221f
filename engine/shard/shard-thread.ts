import { kernels } from '../../native-kernels/index.js';
import { soloAllReduce, type AllReduce } from '../collective/all-reduce.js';
import { createAllReduce } from '../collective/create-all-reduce.js';
import { connectDataLinks } from '../collective/data-links.js';
import { DataListener } from '../collective/data-listener.js';
import type { Collective } from '../collective/linked-collective.js';
import type { OnProgress } from '../report/progress.js';
import type { DataConnecting, DataListening, ToShard } from './shard-messages.js';
import { ShardRunner } from './shard-runner.js';
import type { ShardReport, ShardSettings } from './shard-settings.js';

type MasterPass = Omit<ToShard & { kind: 'pass' }, 'kind' | 'id'>;
type ContextCopy = Omit<ToShard & { kind: 'copyContext' }, 'kind' | 'id'>;

/** What lives in a shard's worker thread: its data links and, once loaded, its slice. */
export class ShardThread {
  #listener: DataListener | undefined;
  #collective: Collective | null = null;
  #runner: ShardRunner | null = null;

  /** Opens the port for data links; answers with its number. */
  async listen({ host, port, identity, role }: DataListening): Promise<number> {
    this.#listener = await DataListener.open({ host, port, identity, side: { channel: 'data', role } });
    return this.#listener.port;
  }

  async connect(connecting: DataConnecting): Promise<void> {
    const links = await connectDataLinks({ ...connecting, listener: this.#listener });
    // Nobody else has business here: in a star the port was opened before the plan could say that it is not needed.
    this.#listener?.close();
    this.#collective = createAllReduce(links, kernels, { spinMicroseconds: connecting.spinMicroseconds });
  }

  async load(settings: ShardSettings, show: OnProgress): Promise<void> {
    const collective: AllReduce = this.#collective ?? soloAllReduce;
    this.#runner = await ShardRunner.load(settings, collective, show);
  }

  /** Rank 0: tells the others of the step, then takes part in it. */
  async pass({ tokens, position, logitRows, context }: MasterPass, logits: Float32Array | null): Promise<void> {
    const runner = this.#loaded();
    this.#collective?.announce({ name: 'step', position, tokens: tokens.length, context });
    await runner.passTokens(tokens, position, logitRows, context);
    if (logitRows > 0 && logits !== null) runner.readLogits(logits);
  }

  /** Rank 0: a context gets the beginning of another, on every node. */
  copyContext({ from, to, tokens }: ContextCopy): void {
    const runner = this.#loaded();
    this.#collective?.announce({ name: 'copyContext', from, to, tokens });
    runner.copyContext(from, to, tokens);
  }

  /** All other ranks: does each step that rank 0 announces; returns when rank 0 says goodbye. */
  async follow(): Promise<void> {
    const runner = this.#loaded();
    if (this.#collective === null) throw new Error('a shard without data links has nobody to follow');
    for (;;) {
      const command = await this.#collective.nextCommand();
      if (command.name === 'bye') return;
      if (command.name === 'step') await runner.passHidden(command.position, command.tokens, command.context);
      if (command.name === 'copyContext') runner.copyContext(command.from, command.to, command.tokens);
    }
  }

  report(): ShardReport {
    return this.#loaded().report();
  }

  close(): void {
    this.#listener?.close();
    this.#collective?.close();
    this.#runner?.close();
    this.#runner = null;
  }

  #loaded(): ShardRunner {
    if (this.#runner === null) throw new Error('the shard is not loaded');
    return this.#runner;
  }
}
