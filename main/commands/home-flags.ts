import type { Command } from 'commander';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { findModel } from '../../engine/catalogue/model-cache.js';
import { parseAddress } from '../../engine/cluster/address-book.js';
import { memberPort } from '../../engine/cluster/member-port.js';
import type { HomeNodeOptions } from '../../engine/home-node.js';
import type { Dtype } from '../../engine/formats/dtype.js';
import { byteSize } from './byte-size.js';
import { wholeNumber } from './run-options.js';

/** The flags of a laptop that is part of its home, parsed. */
export interface HomeFlags {
  modelPath?: string;
  dtype?: Dtype;
  threads?: number;
  contextLength?: number;
  kvDtype?: 'f32' | 'f16';
  memory?: number;
  address?: string[];
  name?: string;
  port?: number;
  discovery?: boolean;
}

/** Positions a home's model makes room for, where `--context-length` does not say. */
const homeContext = 4096;

/** What every command takes that makes this laptop a part of its home. */
export function addHomeFlags(command: Command): Command {
  return command
    .option('--memory <size>', 'the most that Hearth may take here, e.g. 3GB (default: 70% of what is free)', byteSize)
    .option('--address <host[:port]>', 'where another laptop of the home is, where multicast is blocked; remembered', collect, [])
    .option('--name <name>', 'what this laptop is called; remembered')
    .option('--port <port>', `where members of the home call (default: ${memberPort})`, wholeNumber(0, 65_535))
    .option('--no-discovery', 'neither announce this laptop by multicast nor listen for others');
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** Throws WrongUseError ADDRESS_INVALID, or what is wrong with the model's name. */
export async function homeNodeOptions(flags: HomeFlags, say: (line: string) => void): Promise<HomeNodeOptions> {
  return {
    folder: hearthHome(),
    modelPath: flags.modelPath === undefined ? null : await findModel(flags.modelPath),
    load: {
      dtype: flags.dtype ?? null, threads: flags.threads ?? null, contextTokens: flags.contextLength ?? homeContext,
      kvDtype: flags.kvDtype ?? 'f32',
    },
    memoryBytes: flags.memory,
    name: flags.name,
    port: flags.port,
    addresses: (flags.address ?? []).map((text) => parseAddress(text, memberPort)),
    discovers: flags.discovery ?? true,
    say,
  };
}
