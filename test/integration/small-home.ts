import { join } from 'node:path';
import { makeIdentity } from '../../engine/cluster/identity.js';
import type { Capacity } from '../../engine/cluster/capacity.js';
import type { Offer } from '../../engine/cluster/plan.js';
import type { GenerationEvent } from '../../engine/generate/generation.js';
import type { TextModel } from '../../engine/generate/text-model.js';
import { HomeModel, type HomeModelEvent } from '../../engine/home-model.js';
import type { AnswerRequest } from '../../engine/loaded-model.js';
import type { SoloOptions } from '../../engine/shard/solo-settings.js';
import type { TlsIdentity } from '../../engine/wire/device-id.js';
import { HelperLaptop } from './helper-laptop.js';

export const load: SoloOptions = { dtype: null, threads: 1, contextTokens: 512, kvDtype: 'f32' };

/** What a laptop offers: so slow that the model is worth sharing, and with room for all of it. */
export const capacity: Capacity = {
  memoryBytes: 4e9, processBytes: 0, cores: 1, diskBytesPerSecond: 1e9,
  productBytesPerSecond: { f32: 30e6, bf16: 30e6, f16: 30e6, q8_0: 30e6, q4_0: 30e6 },
};
const link = { roundTripSeconds: 1e-4, bytesPerSecond: 1e8 };

export interface PlaceOptions {
  collective?: 'star' | 'ring';
  load?: SoloOptions;
  signal?: AbortSignal;
}

/** A home whose master is this process and whose other laptops are processes, told of each other without discovery. */
export class SmallHome {
  readonly laptops: HelperLaptop[] = [];
  readonly events: HomeModelEvent[] = [];
  readonly saveDir: string;
  /** What every laptop offers. */
  capacity = capacity;
  onEvent: (event: HomeModelEvent) => void = () => undefined;
  #model: HomeModel | null = null;
  #lastKnown = '';
  #watch: NodeJS.Timeout | undefined;

  private constructor(private readonly root: string, private readonly identity: TlsIdentity) {
    this.saveDir = join(root, 'slices');
  }

  static async open(root: string, names: readonly string[]): Promise<SmallHome> {
    const home = new SmallHome(root, await makeIdentity());
    await Promise.all(names.map((name) => home.start(name)));
    return home;
  }

  /** Starts a laptop, or the one of this name again, with the disk it had. */
  async start(name: string): Promise<HelperLaptop> {
    const laptop = new HelperLaptop(name, join(this.root, name));
    await laptop.here;
    const before = this.laptops.findIndex((one) => one.name === name);
    if (before === -1) this.laptops.push(laptop);
    else this.laptops[before] = laptop;
    return laptop;
  }

  laptop(name: string): HelperLaptop {
    const found = this.laptops.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no laptop ${name}`);
    return found;
  }

  async place(text: TextModel, options: PlaceOptions = {}): Promise<HomeModel> {
    this.events.length = 0;
    this.#model = await HomeModel.open({
      text, load, held: null, collective: 'star', signal: new AbortController().signal, ...options,
      offers: () => Promise.resolve(this.#offers()),
      invite: (request) => {
        const laptop = this.laptops.find(({ deviceId }) => deviceId === request.deviceId);
        if (laptop === undefined) throw new Error('nobody of that name lives here');
        return laptop.invite(request);
      },
      identity: this.identity, host: '127.0.0.1', masterPort: 0, filePort: 0, saveDir: this.saveDir,
      onEvent: (event) => {
        this.events.push(event);
        this.onEvent(event);
      },
    });
    this.#lastKnown = this.#known();
    this.#watch = setInterval(() => this.#notice(), 200);
    return this.#model;
  }

  async leave(): Promise<void> {
    clearInterval(this.#watch);
    this.onEvent = () => undefined;
    this.capacity = capacity;
    await this.#model?.close();
    this.#model = null;
  }

  /** The events of one kind so far. */
  of<K extends HomeModelEvent['kind']>(kind: K): Extract<HomeModelEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<HomeModelEvent, { kind: K }> => event.kind === kind);
  }

  #offers(): Offer[] {
    const others = this.laptops.filter(({ isKnown }) => isKnown);
    return [
      { deviceId: this.identity.deviceId, name: 'the master', capacity: this.capacity, link: null },
      ...others.map(({ deviceId, name }) => ({ deviceId, name, capacity: this.capacity, link })),
    ];
  }

  #known(): string {
    return this.laptops.filter(({ isKnown }) => isKnown).map(({ deviceId }) => deviceId).join(' ');
  }

  #notice(): void {
    const known = this.#known();
    if (known === this.#lastKnown) return;
    this.#lastKnown = known;
    this.#model?.offersChanged();
  }
}

/** What was shown of an answer. */
export interface Shown {
  tokens: number[];
  margins: number[];
  /** All pieces in order. */
  text: string;
  reason: string;
}

/** Takes an answer in; `onToken` hears how many tokens there are by now. */
export async function show(
  events: AsyncGenerator<GenerationEvent, void>, onToken: (count: number) => void = () => undefined,
): Promise<Shown> {
  const shown: Shown = { tokens: [], margins: [], text: '', reason: '' };
  for await (const event of events) {
    if (event.kind === 'prefill') continue;
    shown.text += event.text;
    if (event.kind === 'end') shown.reason = event.reason;
    else {
      shown.tokens.push(event.token);
      shown.margins.push(event.margin);
      onToken(shown.tokens.length);
    }
  }
  return shown;
}

export function ask(prompt: string, maxTokens: number, temperature = 0): AnswerRequest {
  return {
    prompt: { kind: 'text', text: prompt }, maxTokens, sampling: { temperature, seed: 7 },
  };
}
