#!/usr/bin/env node
import { createProgram, runProgram } from './command-line.js';
import { registerModels } from './commands/models.js';
import { registerNode } from './commands/node.js';
import { registerRun } from './commands/run.js';

const program = createProgram('hearth', 'Pools the laptops of one home into one private LLM');
registerRun(program);
registerNode(program);
registerModels(program);
await runProgram(program, process.argv.slice(2));
