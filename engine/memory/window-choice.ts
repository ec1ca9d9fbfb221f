import { WrongUseError } from '../errors.js';
import { formatBytes } from '../report/readable-amounts.js';
import type { Block } from '../slices/block.js';
import { forecastPeak, type MemoryParts } from './memory-forecast.js';
import { allResident, planForBudget, planWindow, type WindowPlan } from './window-plan.js';

/** How a node is asked to hold its weights. */
export type WindowChoice =
  /** The memory schedule is off. */
  | { kind: 'off' }
  /** A window of so many blocks. */
  | { kind: 'window'; blocks: number }
  /** Whatever suits this many bytes for the whole process. */
  | { kind: 'budget'; bytes: number };

/** How a person wants every laptop of a home to hold its weights, whatever its memory would allow. */
export type HeldWeights = Exclude<WindowChoice, { kind: 'budget' }>;

/** What is known of a node's memory besides its weights. */
export type OtherMemory = Omit<MemoryParts, 'weights'>;

/** What the system keeps for a process beside its own memory (page tables, sockets, its program's files) and counts as its. */
const systemBytes = 8 * 2 ** 20;

/** Turns the choice into a plan. WrongUseError MEMORY_BUDGET_TOO_SMALL says what the least is. Pure. */
export function chooseWindow(blocks: readonly Block[], choice: WindowChoice, other: OtherMemory): WindowPlan {
  const bytes = blocks.map((block) => block.bytes);
  const rowBytes = longestRow(blocks);
  if (choice.kind === 'off') return allResident(bytes);
  if (choice.kind === 'window') return planWindow(bytes, choice.blocks, rowBytes);
  // A budget is kept by whoever counts, so what only the system sees is part of it.
  const rest = forecastPeak({ ...other, weights: 0 }) + systemBytes;
  const plan = planForBudget(bytes, choice.bytes - rest, rowBytes);
  if (plan !== null) return plan;
  const least = planWindow(bytes, 2, rowBytes).bytes + rest;
  throw new WrongUseError(
    'MEMORY_BUDGET_TOO_SMALL',
    `This node's share needs at least ${formatBytes(least)} and the budget is ${formatBytes(choice.bytes)}: ` +
      'raise --memory-budget or spread the model over more laptops.',
    { values: { least: { bytes: least }, budget: { bytes: choice.bytes } } },
  );
}

/** Refuses before anything is loaded what would not fit. `available` counts what this process may still take. */
export function checkFits(plan: Pick<WindowPlan, 'bytes' | 'ringBytes'>, other: OtherMemory, available: number): void {
  const needed = plan.bytes + other.kvCache + other.activations + other.working;
  if (needed <= available) return;
  const advice = plan.ringBytes === 0
    ? 'use the memory window (--memory-window 2) or spread the model over more laptops'
    : 'lower --memory-window or --context-length, or spread the model over more laptops';
  throw new WrongUseError(
    'NOT_ENOUGH_MEMORY',
    `This node's share needs ${formatBytes(needed)} of memory (${formatBytes(plan.bytes)} of it for weights) and ` +
      `${formatBytes(available)} are available: ${advice}.`,
    { values: { needed: { bytes: needed }, available: { bytes: available } } },
  );
}

function longestRow(blocks: readonly Block[]): number {
  return Math.max(0, ...blocks.flatMap((block) => block.tensors.map((tensor) => tensor.bytes / tensor.rows)));
}
