import { WrongUseError } from '../errors.js';
import { addApiKey, apiKeyFile, readApiKeys, removeApiKey, type StoredKey } from './api-key-file.js';
import { ApiKeys } from './api-keys.js';
import { failureOf, off, type ApiSettings, type ApiState, type NamedModel } from './api-state.js';
import { faultLine } from './fault-line.js';
import { OpenAiServer, type ServerSettings } from './openai-server.js';

export interface ApiSwitchOptions extends Pick<ServerSettings, 'mostWaiting' | 'mostBodyBytes' | 'onFault'> {
  /** Where the hashes of keys are kept. */
  keyFile?: string;
  /** Hears every state, in order. */
  onState?: (state: ApiState) => void;
}

/**
 * The local API inside another process: on or off, with settings that change while it runs. Keys and who may ask change
 * without an answer being interrupted; another address, port or model ends what is being answered. Changes are made one
 * after the other, in the order they were asked for.
 */
export class ApiSwitch {
  #wanted = off;
  #served: NamedModel | null = null;
  #server: OpenAiServer | null = null;
  /** What the running server was started with. */
  #started: { host: string; port: number; served: NamedModel } | null = null;
  #state: ApiState = { kind: 'off' };
  #last: Promise<unknown> = Promise.resolve();
  readonly #keyFile: string;

  constructor(private readonly options: ApiSwitchOptions) {
    this.#keyFile = options.keyFile ?? apiKeyFile();
  }

  get state(): ApiState {
    return this.#state;
  }

  /** Makes it as the settings say. Never rejects: the state says what is wrong. */
  apply(settings: ApiSettings): Promise<ApiState> {
    return this.#inTurn(() => {
      this.#wanted = settings;
      return this.#settle();
    });
  }

  /** Answers with this model from now on; null while there is none. Resolves once the one before is not in use. */
  serve(served: NamedModel | null): Promise<ApiState> {
    return this.#inTurn(() => {
      this.#served = served;
      return this.#settle();
    });
  }

  /** Names and dates of the keys there are. */
  keys(): Promise<Pick<StoredKey, 'name' | 'created'>[]> {
    return this.#inTurn(async () => (await readApiKeys(this.#keyFile)).map(({ name, created }) => ({ name, created })));
  }

  /** Makes a key that counts at once. It is handed back this once, and only its hash is kept. WrongUseError API_KEY_NAME_TAKEN. */
  newKey(name: string): Promise<string> {
    return this.#inTurn(async () => {
      const key = await addApiKey(name, this.#keyFile);
      await this.#settle();
      return key;
    });
  }

  /** Forgets a key: whoever has it is refused from the next request on. WrongUseError API_KEY_UNKNOWN. */
  removeKey(name: string): Promise<ApiState> {
    return this.#inTurn(async () => {
      await removeApiKey(name, this.#keyFile);
      return this.#settle();
    });
  }

  /** Stops for good. */
  async close(): Promise<void> {
    await this.apply(off);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #settle(): Promise<ApiState> {
    try {
      this.#state = await this.#reach(this.#wanted);
    } catch (error) {
      await this.#stop();
      this.#state = failureOf(error);
      if (!(error instanceof WrongUseError)) this.options.onFault?.(faultLine(error));
    }
    this.options.onState?.(this.#state);
    return this.#state;
  }

  async #reach({ on, host, port, ...who }: ApiSettings): Promise<ApiState> {
    const served = this.#served;
    if (!on || served === null) {
      await this.#stop();
      return { kind: on ? 'waiting' : 'off' };
    }
    const door = { ...who, keys: new ApiKeys((await readApiKeys(this.#keyFile)).map((key) => key.sha256)) };
    const started = this.#started;
    const stays = started?.host === host && started.port === port && started.served === served;
    if (stays) this.#server?.changeDoor(door);
    else {
      await this.#stop();
      const { mostWaiting, mostBodyBytes, onFault } = this.options;
      this.#server = await OpenAiServer.start({
        ...served, ...door, host, port, mostWaiting, mostBodyBytes, ...(onFault === undefined ? {} : { onFault }),
      });
      this.#started = { host, port, served };
    }
    return this.#server === null ? { kind: 'off' } : { kind: 'on', url: this.#server.url, modelId: served.modelId };
  }

  async #stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#started = null;
    await server?.close();
  }
}
