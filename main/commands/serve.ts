import { networkInterfaces } from 'node:os';
import type { Command } from 'commander';
import { addApiKey, readApiKeys, removeApiKey } from '../../engine/api/api-key-file.js';
import { ApiKeys, hashOfKey } from '../../engine/api/api-keys.js';
import { openDoor } from '../../engine/api/door.js';
import { baseUrl, checkCanListen, isWildcard } from '../../engine/api/listen.js';
import { OpenAiServer, type ServerSettings } from '../../engine/api/openai-server.js';
import { SupervisedModel } from '../../engine/api/supervised-model.js';
import { ownAddresses } from '../../engine/cluster/interface-addresses.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import { chatTemplateOf } from '../../engine/model/chat-template.js';
import type { OpenedModel } from '../../engine/model/opened-model.js';
import { availableMemory } from '../../engine/report/available-memory.js';
import { contextsByDefault, contextsWithin } from '../../engine/shard/context-count.js';
import { evenRatio, parseRatio } from '../../engine/slices/ratio.js';
import { endProgress, showProgress } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { chooseModel, flagsForGuide } from './choose-model.js';
import { checkModelType } from './run-options.js';
import { addServeFlags, type ServeFlags } from './serve-flags.js';
import { servingLines } from './serve-hints.js';
import { windowChoice, worldOptions } from './world-options.js';

/** `hearth serve`: a local server that clients of the OpenAI API speak to. */
export function registerServe(program: Command): void {
  const command = addServeFlags(program.command('serve').description('answer clients of the OpenAI API on this machine'));
  command.action((flags: ServeFlags) => runCommand((signal) => serve(command, flags, signal)));
}

async function serve(command: Command, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  if (flags.newApiKey !== undefined) {
    process.stdout.write(`${await addApiKey(flags.newApiKey)}\n`);
    process.stderr.write('This key is shown only now; Hearth keeps nothing but its hash.\n');
    return;
  }
  if (flags.removeApiKey !== undefined) return removeApiKey(flags.removeApiKey);
  const keys = await keysOf(flags);
  // Who may ask, and where, is judged before anybody waits for a model to be loaded.
  openDoor(flags.host, { keys, corsOrigins: flags.corsOrigin, allowedHosts: flags.allowedHost });
  await checkCanListen(flags.host, flags.port);
  const { path, isGuide } = await chooseModel(flags.modelPath);
  const model = await loadModel(path, isGuide ? flagsForGuide(flags, command) : flags, signal);
  try {
    const server = await OpenAiServer.start(serverSettings(flags, model, keys));
    const lines = servingLines({
      url: server.url, fromOthers: urlsFromOthers(flags.host, server.port), modelId: model.text.opened.name,
      chats: chatTemplateOf(model.text.opened.tokenizer) !== null, needsKey: keys.required,
    });
    process.stdout.write(`${lines.join('\n')}\n`);
    await answerUntilStopped(server, signal);
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
    onFault: say,
  };
}

/** Under which addresses of this machine others can ask. */
function urlsFromOthers(host: string, port: number): string[] {
  if (!isWildcard(host)) return [];
  const addresses = ownAddresses(networkInterfaces()).filter(({ family, isVirtual }) => family === 'IPv4' && !isVirtual);
  return addresses.map(({ address }) => baseUrl(address, port));
}

async function answerUntilStopped(server: OpenAiServer, signal: AbortSignal): Promise<void> {
  try {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await server.close();
  }
}
