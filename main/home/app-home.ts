import { ApiSwitch } from '../../engine/api/api-switch.js';
import type { ServedModel } from '../../engine/api/served-model.js';
import { findModel } from '../../engine/catalogue/model-cache.js';
import { parseAddress } from '../../engine/cluster/address-book.js';
import { memberPort } from '../../engine/cluster/member-port.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { HomeNode, type HomeNodeOptions } from '../../engine/home-node.js';
import { sayingOf } from '../../engine/errors.js';
import { guideSliceFolder } from '../guide-model.js';
import type { Sharing } from '../shell/sharing-policy.js';
import { AppPairing } from './app-pairing.js';
import { AskedPause } from './asked-pause.js';
import type { HomeCommand, HomeNews, HomeSettings } from './home-messages.js';

/** What only tests set differently. */
export type AppHomePlace = Pick<HomeNodeOptions, 'folder' | 'host' | 'port' | 'pairingPort' | 'discovers'>;

const defaultContextTokens = 4096;
/** Pictures of the home are for people: this often is often enough (ms). */
const newsEveryMs = 250;

/**
 * This laptop's part in its home, in the engine's process: runs the node by the person's settings, starts it again where they
 * need that, and serves the local API from it.
 */
export class AppHome {
  readonly #api: ApiSwitch;
  #node: HomeNode | null = null;
  #pairing: AppPairing | null = null;
  #settings: HomeSettings | null = null;
  readonly #askedPause: AskedPause;
  #paused = false;
  #last: Promise<unknown> = Promise.resolve();
  #newsTimer: NodeJS.Timeout | null = null;

  constructor(
    private readonly place: AppHomePlace,
    private readonly tell: (news: HomeNews) => void,
    private readonly log: (line: string) => void,
  ) {
    this.#askedPause = new AskedPause((paused) => tell({ kind: 'pauseWanted', paused }));
    this.#api = new ApiSwitch({ mostWaiting: 16, mostBodyBytes: 16 << 20, onState: () => void this.#tellApi(), onFault: log });
  }

  /** Positions there is room for, prompt and answer together. */
  get contextTokens(): number {
    return this.#settings?.contextTokens ?? defaultContextTokens;
  }

  /** The running node. Rejects with what kept it from starting. */
  async node(): Promise<HomeNode> {
    await this.#last;
    if (this.#node === null) await this.#inTurn(() => this.#restart());
    if (this.#node === null) throw new Error('the node was started');
    return this.#node;
  }

  /** Carries out what the window asks for; gives what it has to show for it. */
  async command(command: HomeCommand): Promise<unknown> {
    if (command.kind === 'configure') return this.#inTurn(() => this.#configure(command.settings));
    if (command.kind === 'newApiKey') return this.#api.newKey(command.name).finally(() => void this.#tellApi());
    if (command.kind === 'removeApiKey') return this.#api.removeKey(command.name).then(() => null);
    if (command.kind === 'share') return this.#share(command.reason);
    const node = await this.node();
    switch (command.kind) {
      case 'openPairing': void this.#pairing?.open(); return null;
      case 'pairWith': void this.#pairing?.with(command.host); return null;
      case 'digitsAgree': this.#pairing?.digitsAgree(command.agree); return null;
      case 'codeTyped': this.#pairing?.codeTyped(command.code); return null;
      case 'endPairing': this.#pairing?.end(); return null;
      case 'unpair': await node.unpair(command.deviceId); return null;
      case 'rename': await node.rename(command.name, command.deviceId ?? undefined); return null;
      case 'pin': node.pin(command.deviceId); return null;
      case 'pause': await node.wantPaused(command.paused, command.deviceId ?? undefined); return null;
      case 'addAddress': await node.addAddress(parseAddress(command.address, memberPort)); return null;
    }
  }

  /** Says goodbye to the home. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#newsTimer !== null) clearTimeout(this.#newsTimer);
      await this.#api.close();
      await this.#stop();
    });
  }

  async #share(reason: Sharing['reason']): Promise<null> {
    this.#paused = reason !== null;
    try {
      await (await this.node()).pause(this.#paused);
    } finally {
      this.#askedPause.follow(reason);
    }
    return null;
  }

  #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #configure(settings: HomeSettings): Promise<null> {
    const before = this.#settings;
    this.#settings = settings;
    const same = before !== null && this.#node !== null && before.contextTokens === settings.contextTokens
      && before.threads === settings.threads && before.memoryBytes === settings.memoryBytes;
    if (!same) await this.#restart();
    else if (before.modelPath !== settings.modelPath || JSON.stringify(before.held) !== JSON.stringify(settings.held)) {
      await this.#useModel(settings);
    }
    await this.#api.apply(settings.api);
    return null;
  }

  async #restart(): Promise<void> {
    await this.#stop();
    const settings = this.#settings;
    try {
      const node = await HomeNode.open({
        ...this.place,
        modelPath: null,
        // An installed app cannot write beside its own model.
        saveDirOf: (path) => (path === settings?.fallbackPath ? guideSliceFolder() : 'split'),
        load: {
          dtype: null, threads: settings?.threads ?? null, contextTokens: this.contextTokens, kvDtype: 'f16',
        },
        ...(settings?.memoryBytes == null ? {} : { memoryBytes: settings.memoryBytes }),
        onPauseWanted: (paused) => this.#askedPause.want(paused),
        say: this.log,
      });
      this.#node = node;
      this.#pairing = new AppPairing(node, (step) => this.tell({ kind: 'pairing', step }));
      node.onState(() => this.#tellSoon());
      if (this.#paused) await node.pause(true);
      this.tell({ kind: 'node', problem: null });
      await this.#useModel(settings);
      this.#tellSoon();
    } catch (error) {
      this.tell({ kind: 'node', problem: sayingOf(error) });
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const node = this.#node;
    this.#node = null;
    this.#pairing = null;
    await this.#api.serve(null);
    await node?.stop();
  }

  /** A model that cannot be opened is told, and the laptop goes on helping. */
  async #useModel(settings: HomeSettings | null): Promise<void> {
    const node = this.#node;
    if (node === null) return;
    const modelPath = settings?.modelPath ?? settings?.fallbackPath ?? null;
    try {
      const path = modelPath === null ? null : await findModel(modelPath);
      const text = path === null ? null : await TextModel.open(path);
      node.setModel(path, settings?.held ?? null, settings?.modelPath == null);
      await this.#api.serve(text === null ? null : { model: this.#served(node, text), modelId: text.opened.name });
      this.tell({ kind: 'node', problem: null });
    } catch (error) {
      node.setModel(null);
      await this.#api.serve(null);
      this.tell({ kind: 'node', problem: sayingOf(error) });
    }
  }

  /** The home as the local API sees it: whoever leads answers, and what only concerns the home is left out. */
  #served(node: HomeNode, text: TextModel): ServedModel {
    const contextTokens = Math.min(this.contextTokens, text.opened.config.maxPositions);
    return {
      text, contextTokens,
      async *generate(request, signal) {
        for await (const event of node.ask(request, signal)) {
          if (event.kind !== 'queued' && event.kind !== 'paused' && event.kind !== 'resumed') yield event;
        }
      },
    };
  }

  #tellSoon(): void {
    this.#newsTimer ??= setTimeout(() => {
      this.#newsTimer = null;
      if (this.#node !== null) this.tell({ kind: 'home', state: this.#node.state() });
    }, newsEveryMs);
  }

  async #tellApi(): Promise<void> {
    this.tell({ kind: 'api', state: this.#api.state, keys: await this.#api.keys() });
  }
}
