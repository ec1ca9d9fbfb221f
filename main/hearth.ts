#!/usr/bin/env node
import { hearthVersion } from '../engine/report/version.js';
import { createProgram, runProgram } from './command-line.js';
import { registerBench } from './commands/bench.js';
import { registerCluster } from './commands/cluster.js';
import { registerMembers, registerUnpair } from './commands/members.js';
import { registerModels } from './commands/models.js';
import { registerNode } from './commands/node.js';
import { registerPair } from './commands/pair.js';
import { registerRun } from './commands/run.js';
import { registerServe } from './commands/serve.js';

const program = createProgram('hearth', 'Pools the laptops of one home into one private LLM').version(hearthVersion);
registerRun(program);
registerServe(program);
registerNode(program);
registerCluster(program);
registerPair(program);
registerMembers(program);
registerUnpair(program);
registerModels(program);
registerBench(program);
await runProgram(program, process.argv.slice(2));
