import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { WrongUseError } from '../../engine/errors.js';
import type { Speed } from './hearth-speed.js';
import type { FromPeer, ToPeer } from './llama-cpp-peer-messages.js';

export interface PeerOptions {
  ggufPath: string;
  threads: number;
  /** Positions of the KV cache: prompt and decoded tokens. */
  contextSize: number;
  /** Most tokens of one batch: the prompt's length, to prefill it in one. */
  batchSize: number;
  /** node-llama-cpp may read on and on in a file that ends early. Default: two minutes. */
  loadTimeoutMs?: number;
}

const defaultLoadTimeoutMs = 120_000;

/** The peer is not installed, cannot load the model, or stopped. */
class PeerError extends WrongUseError {
  constructor(reason: string) {
    super('BENCH_PEER', `llama.cpp cannot be measured here (${reason}); \`npm ci\` in the hearth folder installs it.`);
  }
}

/** llama.cpp through `node-llama-cpp`, with a model loaded, in a process of its own. Between measurements it sleeps. */
export class LlamaCppPeer {
  readonly name = 'llama.cpp via node-llama-cpp';

  private constructor(
    private readonly child: ChildProcess,
    readonly version: string,
    /** Threads it computes with, as it says. */
    readonly threads: number,
    /** Instruction sets it was built for and runs here, as it says, e.g. AVX2, AVX512_VNNI. */
    readonly instructionSets: readonly string[],
  ) {}

  /** Starts the process and loads the model. @throws WrongUseError when the peer is not installed or refuses the model */
  static async start(options: PeerOptions): Promise<LlamaCppPeer> {
    const version = await peerVersion();
    if (version === null) throw new PeerError('node-llama-cpp is not installed');
    const { loadTimeoutMs = defaultLoadTimeoutMs, ...load } = options;
    const child = fork(entry(), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), loadTimeoutMs);
    try {
      const loaded = await request(child, { type: 'load', ...load });
      if (loaded.type !== 'loaded') throw new PeerError(`it answered ${loaded.type} to load`);
      return new LlamaCppPeer(child, version, loaded.threads, loaded.instructionSets);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Prefills `prompt` in one go from an empty cache, then decodes `decodeTokens` greedily. */
  async measure(prompt: readonly number[], decodeTokens: number): Promise<Speed> {
    const measured = await request(this.child, { type: 'measure', prompt: [...prompt], decodeTokens });
    if (measured.type !== 'measured') throw new PeerError(`it answered ${measured.type} to measure`);
    return { prefillTokPerS: prompt.length / measured.prefillSeconds, decodeTokPerS: decodeTokens / measured.decodeSeconds };
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}

/** Version of the installed `node-llama-cpp`, or null. */
export async function peerVersion(): Promise<string | null> {
  try {
    const description = new URL('../package.json', import.meta.resolve('node-llama-cpp'));
    return (JSON.parse(await readFile(description, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}

/** The process's entry: beside this file once built, in `dist` when this file runs from its source. */
function entry(): string {
  const beside = fileURLToPath(new URL('./llama-cpp-peer-process.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/main/bench/llama-cpp-peer-process.js', import.meta.url));
}

/** Sends a message and waits for its answer, or for the process's early end. */
async function request(child: ChildProcess, message: ToPeer): Promise<FromPeer> {
  const ended = new AbortController();
  const answer = new Promise<FromPeer>((resolve, reject) => {
    const end = (): void => reject(new PeerError('its process ended'));
    child.once('exit', end);
    child.once('message', (heard) => resolve(heard as FromPeer));
    ended.signal.addEventListener('abort', () => child.off('exit', end));
  });
  try {
    if (child.connected) child.send(message);
    else throw new PeerError('its process ended');
    const heard = await answer;
    if (heard.type === 'failed') throw new PeerError(heard.sentence);
    return heard;
  } finally {
    ended.abort();
  }
}
