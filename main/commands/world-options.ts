import { Option, type Command } from 'commander';
import { byteSize } from './byte-size.js';
import { wholeNumber } from './run-options.js';

/** The flags that spread a run over several nodes, parsed. Names and defaults are the seed project's. */
export interface WorldFlags {
  worldSize: number;
  rank: number;
  masterIp?: string;
  masterPort: number;
  filePort: number;
  joinToken?: string;
  joinTimeout: number;
  ratio?: string;
  collective: 'star' | 'ring';
  torchDist?: true;
  memoryWindow?: number;
  disableMemorySchedule?: true;
  memoryBudget?: number;
  saveDir: string;
  splitBin?: true;
  forceDownload?: true;
}

/** How the nodes are many, and how each holds its weights. */
export function addWorldFlags(command: Command): Command {
  return command
    .option('--world-size <n>', 'nodes that share the model', wholeNumber(1, 64), 1)
    .option('--rank <r>', 'this node’s place, 0 is the master', wholeNumber(0, 63), 0)
    .option('--master-ip <ip>', 'address of the master; without it all nodes run on this machine')
    .option('--master-port <port>', 'port of the master', wholeNumber(0, 65535), 29500)
    .option('--file-port <port>', 'port from which the master serves slices', wholeNumber(0, 65535), 29600)
    .option('--join-token <token>', 'what the master printed (or HEARTH_JOIN_TOKEN)')
    .option('--join-timeout <seconds>', 'how long to wait for the others', wholeNumber(1, 86_400), 60)
    .option('--ratio <a:b:…>', 'share of each node (default: equal)')
    .addOption(new Option('--collective <shape>', 'how partial results are summed').choices(['star', 'ring']).default('star'))
    .addOption(new Option('--torch-dist', 'the seed project’s name for --collective ring'))
    .option('--memory-window <w>', 'blocks in memory at a time, at least 2', wholeNumber(2, 1_000_000))
    .option('--disable-memory-schedule', 'keep all blocks in memory')
    .option('--memory-budget <size>', 'choose window and resident blocks so that this node stays below, e.g. 3GB', byteSize)
    .option('--save-dir <name>', 'folder for the slices, in the model’s folder', 'split')
    .option('--split-bin', 'slice again even if valid slices are there')
    .option('--force-download', 'fetch this node’s slice again');
}
