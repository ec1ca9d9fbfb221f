import type { ClusterPlan, Offer } from './cluster/plan.js';
import { HearthError, InterruptedError, WrongUseError } from './errors.js';
import type { GenerationEvent } from './generate/generation.js';
import type { TextModel } from './generate/text-model.js';
import { AnswerPauses } from './home/answer-pauses.js';
import { Arranger } from './home/arranger.js';
import type { HomeModelEvent } from './home/home-event.js';
import { homeReport, type HomeReport } from './home/home-report.js';
import { placeByPlan } from './home/place-by-plan.js';
import { plannedModel } from './home/planned-model.js';
import { LoadedModel, type AnswerRequest } from './loaded-model.js';
import type { ChildNode, InvitedNodeRequest } from './local-node.js';
import type { HeldWeights } from './memory/window-choice.js';
import type { SoloOptions } from './shard/solo-settings.js';
import type { TlsIdentity } from './wire/device-id.js';
import type { Placement } from './world/placement.js';
import { unlessStopped } from './world/unless-stopped.js';

export type { HomeModelEvent } from './home/home-event.js';

export interface HomeModelOptions {
  readonly text: TextModel;
  /** Who is here now, the master first, each with what it could give if Hearth held nothing there. */
  offers(): Promise<readonly Offer[]>;
  /** Asks a paired laptop to take part. */
  invite(request: InvitedNodeRequest): ChildNode;
  readonly identity: TlsIdentity;
  readonly load: SoloOptions;
  /** How all laptops are to hold their weights; null: each keeps as much as its memory allows. */
  readonly held: HeldWeights | null;
  /** Where this master listens for those it invites; port 0 takes any that is free. */
  readonly host: string;
  readonly masterPort: number;
  readonly filePort: number;
  readonly saveDir: string;
  readonly collective: 'star' | 'ring';
  onEvent(event: HomeModelEvent): void;
  /** Ends all of it. */
  readonly signal: AbortSignal;
}

/**
 * A model that the laptops of a home hold together, as long as it fits those that are there. Loses a laptop in the middle
 * of an answer, and the answer goes on; takes laptops in between answers. One answer at a time.
 */
export class HomeModel {
  readonly #arranger: Arranger;
  readonly #ending = new AbortController();
  #model!: LoadedModel;
  #plan!: ClusterPlan;
  #answering = false;
  /** The laptops have changed since the weights were placed. */
  #changed = false;
  #reconsidering: Promise<void> = Promise.resolve();
  /** Of the answer under way, or the last one. */
  #pauses: AnswerPauses;
  #measuredSeconds: number | null = null;

  private constructor(private readonly options: HomeModelOptions) {
    this.#pauses = new AnswerPauses(() => undefined);
    const { text: { opened: model }, load, identity, host, masterPort, filePort, saveDir, collective, signal } = options;
    signal.addEventListener('abort', () => this.#ending.abort(signal.reason), { once: true });
    if (signal.aborted) this.#ending.abort(signal.reason);
    const onEvent = (event: HomeModelEvent): void => options.onEvent(event);
    this.#arranger = new Arranger({
      model: plannedModel(model, load, options.held),
      offers: () => options.offers(),
      place: (plan) => placeByPlan(plan, {
        model, load, saveDir, collective,
        invite: (request) => options.invite(request),
        at: { identity, host, masterPort, filePort },
        onTransfer: (deviceId, transfer) => onEvent({ kind: 'transfer', deviceId, transfer }),
        say: (line) => onEvent({ kind: 'said', line }),
        signal: this.#ending.signal,
      }),
      onEvent,
      onReturnable: () => this.offersChanged(),
    });
  }

  /** Plans over who is here and loads. Rejects with ModelDoesNotFitError, or whatever else is in the way. */
  static async open(options: HomeModelOptions): Promise<HomeModel> {
    const home = new HomeModel(options);
    try {
      const { plan, placement } = await home.#arranger.settled();
      home.#plan = plan;
      home.#model = LoadedModel.placed(options.text, options.load, placement, (failed, cause, signal) =>
        home.#recover(failed, cause, signal));
      return home;
    } catch (error) {
      await home.close();
      throw error;
    }
  }

  get text(): TextModel {
    return this.options.text;
  }

  /** Positions there is room for, prompt and answer together. */
  get contextTokens(): number {
    return this.#model.contextTokens;
  }

  /** Where the weights are, or were when they were last in place. */
  get plan(): ClusterPlan {
    return this.#arranger.plan ?? this.#plan;
  }

  /**
   * Answers a prompt, token by token, whoever leaves meanwhile. Rejects with NoLongerFitsError when the laptops that are left
   * cannot hold the model: what was shown stands.
   */
  async *generate(request: AnswerRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent, void> {
    if (this.#answering) throw new WrongUseError('MODEL_BUSY', 'The model is answering already: wait for it or stop it.');
    this.#answering = true;
    this.#pauses = new AnswerPauses((event) => this.options.onEvent(event));
    try {
      await this.#takePlaces(signal);
      for await (const event of this.#model.generate(request, signal)) {
        this.#pauses.end();
        if (event.kind === 'end') this.#measure(event.timing.decodeTokPerS);
        yield event;
      }
    } finally {
      this.#answering = false;
      if (this.#changed) this.offersChanged();
    }
  }

  /** Laptops came, left, or offer something else: the weights move between answers, never in the middle of one. */
  offersChanged(): void {
    this.#changed = true;
    if (this.#ending.signal.aborted) return;
    // Even in the middle of an answer it is noted who is gone, so that they are known to be back when they are.
    void (this.#answering ? this.#arranger.look() : this.#reconsider()).catch(() => undefined);
  }

  /** What was predicted beside what was measured, and what each node did. */
  async report(): Promise<HomeReport> {
    // In the middle of an answer the weights stay where it needs them.
    if (!this.#answering) await this.#takePlaces();
    return homeReport(this.#plan, await this.#model.report(), this.#measuredSeconds);
  }

  /** The next answer re-uses nothing of the context so far. */
  forgetContext(): void {
    this.#model.forgetContext();
  }

  /** Ends the run on all laptops and gives everything back here. */
  async close(): Promise<void> {
    this.#ending.abort(new InterruptedError());
    await this.#arranger.close();
  }

  /** Waits until the weights are in place, where they are wanted now. An abort is left to whoever answers. */
  async #takePlaces(signal?: AbortSignal): Promise<void> {
    try {
      const taking = this.#reconsider().then(() => this.#arranger.settled());
      const { plan, placement } = await (signal === undefined ? taking : unlessStopped(taking, signal));
      this.#plan = plan;
      this.#model.adopt(placement);
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }

  /** One at a time, so that no answer begins while the weights are about to move. Never rejects. */
  #reconsider(): Promise<void> {
    this.#reconsidering = this.#reconsidering.then(async () => {
      if (!this.#changed) return;
      this.#changed = false;
      await this.#arranger.reconsider();
    }).catch(() => undefined);
    return this.#reconsidering;
  }

  async #recover(failed: Placement, cause: unknown, signal?: AbortSignal): Promise<Placement> {
    this.#pauses.begin(this.#plan, cause);
    const arranged = this.#arranger.failed(failed, cause);
    arranged.catch(() => undefined);
    // What is wrong with this node itself, moving the weights does not mend.
    const isOfCluster = cause instanceof HearthError && cause.exitCode === 4;
    if (!isOfCluster || this.#pauses.isHopeless) throw cause;
    const { plan, placement } = await (signal === undefined ? arranged : unlessStopped(arranged, signal));
    this.#plan = plan;
    return placement;
  }

  /** An answer that was paused says nothing about speed. */
  #measure(tokensPerSecond: number): void {
    this.#arranger.answered();
    if (this.#pauses.count === 0 && tokensPerSecond > 0) this.#measuredSeconds = 1 / tokensPerSecond;
  }
}
