#!/usr/bin/env node
import { createProgram, runProgram } from './command-line.js';
import { registerModels } from './commands/models.js';

const program = createProgram('hearth', 'Pools the laptops of one home into one private LLM');
registerModels(program);
await runProgram(program, process.argv.slice(2));
