import { Option, type Command } from 'commander';
import { addApiKey, readApiKeys, removeApiKey } from '../../engine/api/api-key-file.js';
import { ApiKeys, hashOfKey } from '../../engine/api/api-keys.js';
import { openDoor } from '../../engine/api/door.js';
import { OpenAiServer, type ServerSettings } from '../../engine/api/openai-server.js';
import { SupervisedModel } from '../../engine/api/supervised-model.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import type { OpenedModel } from '../../engine/model/opened-model.js';
import { availableMemory } from '../../engine/report/available-memory.js';
import { contextsByDefault, contextsWithin } from '../../engine/shard/context-count.js';
import { evenRatio, parseRatio } from '../../engine/slices/ratio.js';
import { endProgress, showProgress } from '../progress-line.js';
import { failureLine, runCommand } from '../run-command.js';
import { byteSize } from './byte-size.js';
import { chooseModel, flagsForGuide } from './choose-model.js';
import { addModelFlags, checkModelType, wholeNumber, type RunFlags } from './run-options.js';
import { addWorldFlags, windowChoice, worldOptions, type WorldFlags } from './world-options.js';

/** Beside 11434, which many clients know from another program; `--port` changes it. */
const defaultPort = 11435;
const defaultContext = 4096;

interface ServeFlags extends Pick<RunFlags, 'modelPath' | 'modelType' | 'dtype' | 'threads' | 'kvDtype'>, WorldFlags {
  contextLength: number;
  kvBudget?: number;
  host: string;
  port: number;
  apiKey: string[];
  corsOrigin: string[];
  allowedHost: string[];
  maxQueue: number;
  maxBody: number;
  newApiKey?: string;
  removeApiKey?: string;
}

/** `hearth serve`: a local server that clients of the OpenAI API speak to. */
export function registerServe(program: Command): void {
  const command = program.command('serve').description('answer clients of the OpenAI API on this machine');
  addWorldFlags(addModelFlags(command))
    .option('--context-length <n>', 'positions to make room for, at most the model’s', wholeNumber(2, 2 ** 31), defaultContext)
    .addOption(new Option('--kv-dtype <type>', 'type of the KV cache').choices(['f32', 'f16']).default('f32'))
    .option('--kv-budget <size>', 'memory on each node for chats that take turns, such as 1GB (default: a share of what is free)', byteSize)
    .option('--host <address>', 'address to listen on; other machines reach it only with an API key', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 = any that is free', wholeNumber(0, 65535), defaultPort)
    .option('--api-key <key>', 'ask clients for this key (others see it in the process list: HEARTH_API_KEY hides it)', collect, [])
    .option('--cors-origin <origin>', 'let web pages of this origin in (may be given more than once)', collect, [])
    .option('--allowed-host <name>', 'answer under this host name too (may be given more than once)', collect, [])
    .option('--max-queue <n>', 'requests that may wait', wholeNumber(0, 10_000), 64)
    .option('--max-body <size>', 'largest body of a request', byteSize, 4 * 2 ** 20)
    .option('--new-api-key <name>', 'make an API key, print it once, and end')
    .option('--remove-api-key <name>', 'forget an API key, and end');
  command.action((flags: ServeFlags) => runCommand((signal) => serve(command, flags, signal)));
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

async function serve(command: Command, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  if (flags.newApiKey !== undefined) {
    process.stdout.write(`${await addApiKey(flags.newApiKey)}\n`);
    process.stderr.write('This key is shown only now; Hearth keeps nothing but its hash.\n');
    return;
  }
  if (flags.removeApiKey !== undefined) return removeApiKey(flags.removeApiKey);
  const keys = await keysOf(flags);
  // Who may ask is judged before anybody waits for a model to be loaded.
  openDoor(flags.host, { keys, corsOrigins: flags.corsOrigin, allowedHosts: flags.allowedHost });
  const { path, isGuide } = await chooseModel(flags.modelPath);
  const model = await loadModel(path, isGuide ? flagsForGuide(flags, command) : flags, signal);
  try {
    await answerUntilStopped(await OpenAiServer.start(serverSettings(flags, model, keys)), model, signal);
  } finally {
    await model.close();
  }
}

/** Keys from the file, the flags and the environment. */
async function keysOf(flags: ServeFlags): Promise<ApiKeys> {
  const given = [...flags.apiKey, process.env['HEARTH_API_KEY'] ?? ''].filter((key) => key !== '');
  const stored = await readApiKeys();
  return new ApiKeys([...stored.map((key) => key.sha256), ...given.map(hashOfKey)]);
}

/** A model that comes back when a node is lost. */
async function loadModel(path: string, flags: ServeFlags, signal: AbortSignal): Promise<SupervisedModel<LoadedModel>> {
  const text = await TextModel.open(path);
  checkModelType(flags.modelType, text.opened.config.architecture);
  const load = {
    dtype: flags.dtype ?? null, threads: flags.threads ?? null, contextTokens: flags.contextLength, kvDtype: flags.kvDtype,
  };
  const contexts = contextsOf(flags, text.opened, load);
  const open = async (stop: AbortSignal): Promise<LoadedModel> => {
    const world = await worldOptions(flags, stop);
    const model = await LoadedModel.load(text, { ...load, contexts, ...(world === undefined ? {} : { world }) }, showProgress, stop);
    endProgress();
    return model;
  };
  return new SupervisedModel(await open(signal), { reopen: open, say });
}

/** Chats that can take turns without being read again. */
function contextsOf(flags: ServeFlags, model: OpenedModel, load: Parameters<typeof contextsWithin>[1]): number {
  if (flags.kvBudget !== undefined) {
    const ratio = flags.ratio === undefined ? evenRatio(flags.worldSize) : parseRatio(flags.ratio, flags.worldSize);
    return contextsWithin(model, load, ratio, flags.kvBudget);
  }
  // What others have free is not known here, and a budget for everything leaves no more than it must.
  if (flags.masterIp !== undefined || flags.memoryBudget !== undefined) return 1;
  return contextsByDefault(model, load, availableMemory(), windowChoice(flags).kind === 'off');
}

function say(line: string): void {
  endProgress();
  process.stderr.write(`${line}\n`);
}

function serverSettings(flags: ServeFlags, model: SupervisedModel<LoadedModel>, keys: ApiKeys): ServerSettings {
  return {
    model, modelId: model.text.opened.name, keys,
    host: flags.host, port: flags.port, corsOrigins: flags.corsOrigin, allowedHosts: flags.allowedHost,
    mostWaiting: flags.maxQueue, mostBodyBytes: flags.maxBody,
    onFault: (error) => void process.stderr.write(`${failureLine(error)}\n`),
  };
}

async function answerUntilStopped(server: OpenAiServer, model: SupervisedModel<LoadedModel>, signal: AbortSignal): Promise<void> {
  process.stdout.write(`Hearth answers at ${server.url} with the model ${model.text.opened.name}\n`);
  try {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await server.close();
  }
}
