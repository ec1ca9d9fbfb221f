import { sayingsOfAnswers } from './sayings/of-answers.js';
import { sayingsOfLaptops } from './sayings/of-laptops.js';
import { sayingsOfModels } from './sayings/of-models.js';
import { sayingsOfPlans } from './sayings/of-plans.js';
import type { unshownCodes } from './sayings/unshown-codes.js';

/**
 * Something that is said to a person. It travels as a value, from process to process and from laptop to laptop, so that each window
 * words it in its own language (`renderer/messages/`); `sentence` is the English of it, for logs, for the command line, and for
 * windows that do not know the code.
 */
export interface Saying {
  /** Stable, upper snake case. */
  readonly code: string;
  /** One line of English: what is the matter, and what to do. Never contains a prompt or a secret, and neither do the values. */
  readonly sentence: string;
  /** What stands at the places of the sentence. */
  readonly values: Values;
}

/** An amount keeps its unit, since each language writes it in its own way. */
export type Value = string | number | { readonly bytes: number } | { readonly seconds: number } | readonly string[] | readonly Saying[];
export type Values = Readonly<Record<string, Value>>;

/** THE table of everything that a window may have to say in the name of the engine: by code, what stands at the sentence's places. */
export const sayings = { ...sayingsOfAnswers, ...sayingsOfLaptops, ...sayingsOfModels, ...sayingsOfPlans } as const;

interface ValueOfKind {
  text: string;
  count: number;
  bytes: { readonly bytes: number };
  seconds: { readonly seconds: number };
  names: readonly string[];
  /** Said within another: parts of a list, or a reason. They hold no sayings themselves. */
  sayings: readonly Saying[];
}
export type ValueKind = keyof ValueOfKind;

export type ShownCode = keyof typeof sayings;
export type Code = ShownCode | (typeof unshownCodes)[number];
type Places<C extends Code> = C extends ShownCode ? (typeof sayings)[C] : object;
export type ValuesOf<C extends Code> = {
  readonly [Place in keyof Places<C>]: Places<C>[Place] extends ValueKind ? ValueOfKind[Places<C>[Place]] : never;
};

/** A saying of the table. */
export function saying<C extends ShownCode>(code: C, sentence: string, values: ValuesOf<C>): Saying {
  return { code, sentence, values: values };
}

/** Several sayings as one English text. */
export function spoken(all: readonly Saying[]): string {
  return all.map(({ sentence }) => sentence).join(' ');
}

/** What a saying may have, so that it passes wherever sayings pass: characters of its sentence and of a text in it, items of a list. */
export const mostSentence = 2000;
export const mostText = 1000;
export const mostNames = 64;

/** The saying with everything that could be long made short enough. Pure. */
export function cutToFit({ code, sentence, values }: Saying): Saying {
  return {
    code, sentence: sentence.slice(0, mostSentence) || code,
    values: Object.fromEntries(Object.entries(values).map(([place, value]) => [place, cutValue(value)])),
  };
}

function cutValue(value: Value): Value {
  if (typeof value === 'string') return value.slice(0, mostText);
  if (!Array.isArray(value)) return value;
  const items = (value as readonly (string | Saying)[]).slice(0, mostNames);
  return items.map((item) => (typeof item === 'string' ? item.slice(0, mostText) : cutToFit(item))) as Value;
}
