import { Option, type Command } from 'commander';
import { byteSize } from './byte-size.js';
import { addModelFlags, wholeNumber, type RunFlags } from './run-options.js';
import { addWorldFlags, type WorldFlags } from './world-options.js';

/** Beside 11434, which many clients know from another program; `--port` changes it. */
const defaultPort = 11435;
const defaultContext = 4096;

export interface ServeFlags extends Pick<RunFlags, 'modelPath' | 'modelType' | 'dtype' | 'threads' | 'kvDtype'>, WorldFlags {
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

/** Adds the flags of `hearth serve`. */
export function addServeFlags(command: Command): Command {
  return addWorldFlags(addModelFlags(command))
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
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
