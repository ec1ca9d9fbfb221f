import type { Dtype } from '../formats/dtype.js';
import { forecastPeak } from '../memory/memory-forecast.js';
import type { HeldWeights } from '../memory/window-choice.js';
import { allResident, pages, planForBudget, planWindow, type WindowPlan } from '../memory/window-plan.js';
import type { ModelConfig } from '../model/model-config.js';
import type { Block, Share } from '../slices/block.js';
import type { Capacity } from './capacity.js';

/** What one node's share of a model needs besides its process. */
export interface ShareNeeds {
  /** In the order of a pass; the master's with the output head. */
  readonly blocks: readonly Block[];
  /** Bytes. */
  readonly kvCache: number;
  /** Bytes, for passes of as many tokens as this share alone would allow: a run's passes are never longer. */
  readonly activations: number;
  /** Bytes that the process takes beyond all others while it runs. */
  readonly working: number;
}

/** A model, as far as planning is concerned. */
export interface PlannedModel {
  readonly name: string;
  readonly config: ModelConfig;
  /** Whether any product of the layers has quantised weights: where it may be cut depends on it. */
  readonly quantised: boolean;
  /** How all are to hold their weights; null: each keeps as much as its memory allows. */
  readonly held: HeldWeights | null;
  /** What a share needs. Pure, and called often. */
  needsOf(share: Share, isMaster: boolean): ShareNeeds;
}

/** Figures of one share, the same on every laptop. */
export interface ShareFigures {
  /** Bytes of weights by type. */
  readonly bytesByType: ReadonlyMap<Dtype, number>;
  readonly weightBytes: number;
  /** Memory for weights when all are resident, and the least that will do. */
  readonly residentBytes: number;
  readonly leastBytes: number;
  /** Whether memory beyond the least is used to keep more. */
  readonly keepsMore: boolean;
  readonly largestBlock: number;
  /** Memory besides weights and the process. */
  readonly restBytes: number;
}

export function figuresOf({ blocks, kvCache, activations, working }: ShareNeeds, held: HeldWeights | null): ShareFigures {
  const bytesByType = new Map<Dtype, number>();
  for (const block of blocks) {
    for (const { dtype, bytes } of block.tensors) bytesByType.set(dtype, (bytesByType.get(dtype) ?? 0) + bytes);
  }
  const blockBytes = blocks.map(({ bytes }) => bytes);
  const least = heldPlan(blocks, held ?? { kind: 'window', blocks: 2 });
  return {
    bytesByType,
    weightBytes: blockBytes.reduce((sum, bytes) => sum + bytes, 0),
    residentBytes: allResident(blockBytes).bytes,
    leastBytes: least.bytes,
    keepsMore: held === null || least.ringBytes === 0,
    largestBlock: pages(Math.max(0, ...blockBytes)),
    restBytes: forecastPeak({ process: 0, weights: 0, kvCache, activations, working }),
  };
}

/** What a share will take of a laptop's memory, and what of its weights it can keep there. Null when it does not fit. */
export function memoryOf(
  needs: ShareNeeds, held: HeldWeights | null, capacity: Capacity,
): { predictedBytes: number; allResident: boolean } | null {
  const rest = capacity.processBytes + figuresOf(needs, held).restBytes;
  const budget = capacity.memoryBytes - rest;
  const plan = held === null
    ? planForBudget(needs.blocks.map(({ bytes }) => bytes), budget, longestRow(needs.blocks))
    : heldPlan(needs.blocks, held);
  return plan === null || plan.bytes > budget ? null : { predictedBytes: rest + plan.bytes, allResident: plan.ringBytes === 0 };
}

function heldPlan(blocks: readonly Block[], held: HeldWeights): WindowPlan {
  const blockBytes = blocks.map(({ bytes }) => bytes);
  return held.kind === 'off' ? allResident(blockBytes) : planWindow(blockBytes, held.blocks, longestRow(blocks));
}

/** The least memory a laptop must give to hold a share. Bytes, the process counted. */
export function leastMemory(figures: ShareFigures, capacity: Capacity): number {
  return capacity.processBytes + figures.restBytes + Math.min(figures.leastBytes, figures.residentBytes);
}

/** Seconds of multiplication for one token: every weight passes through the processor once. */
export function computeSeconds(figures: ShareFigures, capacity: Capacity): number {
  let seconds = 0;
  for (const [type, bytes] of figures.bytesByType) seconds += bytes / capacity.productBytesPerSecond[type];
  return seconds;
}

/**
 * Seconds in which the disk brings what the memory cannot keep, for one token. Up to one block less may be kept than there
 * is room for, since blocks are whole: it is counted as read, so that this is never too little.
 */
export function loadSeconds(figures: ShareFigures, capacity: Capacity): number {
  const budget = capacity.memoryBytes - capacity.processBytes - figures.restBytes;
  if (figures.keepsMore && figures.residentBytes <= budget) return 0;
  const kept = figures.keepsMore ? Math.max(0, budget - figures.leastBytes - figures.largestBlock) : 0;
  return Math.max(0, figures.weightBytes - kept) / capacity.diskBytesPerSecond;
}

function longestRow(blocks: readonly Block[]): number {
  let longest = 0;
  for (const { tensors } of blocks) for (const { bytes, rows } of tensors) longest = Math.max(longest, bytes / rows);
  return longest;
}
