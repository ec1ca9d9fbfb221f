import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { endAllProcesses } from '../integration/hearth-process.js';
import { writeRandomModel } from '../integration/random-model.js';
import { HomeLaptop, isReadyWith, laptopNames } from './home-laptops.js';
import { Network } from './network.js';
import { writePairedFolders } from './paired-folders.js';
import { hearthInModules } from '../integration/hearth-command.js';
import { StrikeFile, type Blow } from './strike.js';

const settleMs = 90_000;

/** How a laptop is lost. */
export type Loss = 'killed' | 'cut off' | 'frozen';

/** Four paired laptops on one network that hold a model together; two of them have its files. */
export class StruckHome {
  readonly laptops: HomeLaptop[];
  readonly #folder: string;
  readonly #network: Network;
  readonly #strikes: StrikeFile[];
  readonly #model: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#model = writeRandomModel(join(folder, 'model'));
    this.#network = new Network(laptopNames.length);
    this.laptops = laptopNames.map((name, index) => new HomeLaptop(name, join(folder, name), this.#network.nodes[index]!));
    this.#strikes = this.laptops.map(({ folder: own }) => new StrikeFile(own));
  }

  static async open(): Promise<StruckHome> {
    const folder = mkdtempSync(join(tmpdir(), 'hearth-loss-'));
    await writePairedFolders(new Map(laptopNames.map((name) => [name, join(folder, name)])));
    const home = new StruckHome(folder);
    for (const laptop of home.laptops) home.start(laptop);
    await home.settled();
    return home;
  }

  /** Waits until all four hold a share and agree on who leads; answers with that laptop. */
  async settled(): Promise<HomeLaptop> {
    for (;;) {
      const states: HomeState[] = [];
      for (const laptop of this.laptops) states.push(await laptop.sees('a model on all four', isReadyWith(this.laptops), settleMs));
      const masters = new Set(states.map(({ master }) => master));
      if (masters.size === 1) return this.leader(states[0]!);
    }
  }

  leader(state: HomeState): HomeLaptop {
    const name = state.laptops.find(({ deviceId }) => deviceId === state.master)?.name;
    return this.laptops.find((laptop) => laptop.name === name)!;
  }

  strikeOf(laptop: HomeLaptop): StrikeFile {
    return this.#strikes[this.laptops.indexOf(laptop)]!;
  }

  /** What a laptop does to itself to be lost in this way. */
  blowTo(laptop: HomeLaptop, loss: Loss): Blow {
    if (loss === 'cut off') return { command: this.#network.plugWords(this.laptops.indexOf(laptop), false) };
    return { signal: loss === 'killed' ? 'SIGKILL' : 'SIGSTOP' };
  }

  /** The same from outside. */
  lose(laptop: HomeLaptop, loss: Loss): void {
    if (loss === 'cut off') this.#network.plug(this.laptops.indexOf(laptop), false);
    else laptop.started.kill(loss === 'killed' ? 'SIGKILL' : 'SIGSTOP');
  }

  /** The laptop comes back as a laptop does that was lost like this. */
  async bringBack(laptop: HomeLaptop, loss: Loss): Promise<void> {
    if (loss === 'cut off') this.#network.plug(this.laptops.indexOf(laptop), true);
    else if (loss === 'frozen') laptop.started.kill('SIGCONT');
    else {
      await laptop.started.ended;
      this.start(laptop);
    }
  }

  start(laptop: HomeLaptop): void {
    const hasModel = this.laptops.indexOf(laptop) < 2;
    laptop.start(hasModel ? ['--model-path', this.#model] : [], this.strikeOf(laptop).environment, hearthInModules);
  }

  /**
   * Starts a laptop anew with nothing of the model on its disk; resolves once the leader is about to give it its share, or
   * has begun to and `isStruck`. `onEmpty` is called before it starts.
   */
  async startEmpty(laptop: HomeLaptop, leader: HomeLaptop, onEmpty: () => void, isStruck: () => boolean): Promise<void> {
    laptop.started.kill('SIGKILL');
    await laptop.started.ended;
    rmSync(join(laptop.folder, 'slices'), { recursive: true, force: true });
    await leader.sees(`a model without ${laptop.name}`, isReadyWith(this.laptops.filter((one) => one !== laptop)), settleMs);
    onEmpty();
    this.start(laptop);
    const back = leader.sees(`${laptop.name} back`, ({ laptops }) => laptops.some(({ name, present, capacity }) => name === laptop.name && present && capacity !== null));
    await Promise.race([back, this.#until(isStruck)]);
    back.catch(() => undefined);
  }

  async #until(happened: () => boolean): Promise<void> {
    for (const deadline = Date.now() + settleMs; !happened() && Date.now() < deadline;) await pause(20);
  }

  /** After a failed trial: all of them begin anew. */
  async startAllAgain(): Promise<void> {
    for (const [index, laptop] of this.laptops.entries()) {
      this.#network.plug(index, true);
      this.strikeOf(laptop).disarm();
      laptop.started.kill('SIGCONT');
      laptop.started.kill('SIGKILL');
      await laptop.started.ended;
    }
    for (const laptop of this.laptops) this.start(laptop);
    await this.settled();
  }

  async close(): Promise<void> {
    await endAllProcesses();
    this.#network.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
