import type { ChatSampling } from '../../main/bridge-shapes/sampling.js';
import { SliderField } from '../controls/SliderField.js';
import { TextField } from '../controls/TextField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { Resettable } from './Resettable.js';
import { useKept } from './use-kept.js';

/** All that says how an answer is sampled, and what is put before each message. */
export type SamplingValues = ChatSampling & { prefix: string };
type Slid = Exclude<keyof ChatSampling, 'seed'>;

/** The part of each range that a slider is good for; the whole of it is `main/bridge-shapes/sampling.ts`'s. */
const sliders: Readonly<Record<Slid, { min: number; max: number; step: number }>> = {
  temperature: { min: 0, max: 2, step: 0.05 },
  topK: { min: 0, max: 200, step: 1 },
  topP: { min: 0.05, max: 1, step: 0.05 },
  minP: { min: 0, max: 1, step: 0.01 },
  repetitionPenalty: { min: 0.8, max: 2, step: 0.05 },
  maxTokens: { min: 64, max: 8192, step: 64 },
};

export interface SamplingFieldsProps {
  /** Which of them, in this order. */
  names: readonly (keyof SamplingValues)[];
  values: SamplingValues;
  /** What "reset" goes back to. */
  usual: Readonly<SamplingValues>;
  change: (changes: Partial<SamplingValues>) => void;
}

/** Sampling settings, each with its range, its default, what it does, and a button that brings the default back. */
export function SamplingFields({ names, values, usual, change }: SamplingFieldsProps) {
  return names.map((name) => {
    if (name === 'seed') return <SeedField key={name} value={values.seed} usual={usual.seed} changed={(seed) => change({ seed })} />;
    if (name === 'prefix') return <PrefixField key={name} value={values.prefix} usual={usual.prefix} changed={(prefix) => change({ prefix })} />;
    return <SamplingSlider key={name} name={name} value={values[name]} usual={usual[name]} changed={(value) => change({ [name]: value })} />;
  });
}

interface FieldProps<Value> {
  value: Value;
  usual: Value;
  changed: (value: Value) => void;
}

function SamplingSlider({ name, value, usual, changed }: FieldProps<number> & { name: Slid }) {
  const text = useText();
  const [shown, move, keep] = useKept(value, changed);
  const amounts = useAmounts();
  const label = text(`sampling.${name}`);
  const words = (amount: number): string => amounts.number(amount, 2);
  const { min, max, step } = sliders[name];
  const range = text('sampling.range', { min: words(min), max: words(max), usual: words(usual) });
  return (
    <Resettable name={label} shownDefault={words(usual)} isDefault={value === usual} reset={() => keep(usual)}>
      <SliderField
        label={label} meaning={`${text(`sampling.${name}.meaning`)} ${range}`} value={shown} min={min} max={max} step={step}
        change={move} changed={keep} shown={words}
      />
    </Resettable>
  );
}

function SeedField({ value, usual, changed }: FieldProps<number | null>) {
  const text = useText();
  const words = usual === null ? text('sampling.seed.none') : String(usual);
  const write = (written: string): void => {
    const seed = Number(written.trim());
    changed(written.trim() === '' || !Number.isSafeInteger(seed) || seed < 0 ? null : seed);
  };
  return (
    <Resettable name={text('sampling.seed')} shownDefault={words} isDefault={value === usual} reset={() => changed(usual)}>
      <TextField
        label={text('sampling.seed')} meaning={text('sampling.seed.meaning', { usual: usual === null ? text('sampling.empty') : words })} value={value === null ? '' : String(value)}
        placeholder={text('sampling.seed.none')} isNumber changed={write}
      />
    </Resettable>
  );
}

function PrefixField({ value, usual, changed }: FieldProps<string>) {
  const text = useText();
  const words = usual === '' ? text('settings.prefix.none') : usual.slice(0, 60);
  return (
    <Resettable name={text('settings.prefix')} shownDefault={words} isDefault={value === usual} reset={() => changed(usual)}>
      <TextField
        label={text('settings.prefix')} meaning={text('settings.prefix.meaning', { usual: usual === '' ? text('sampling.empty') : words })} value={value}
        changed={(prefix) => changed(prefix.slice(0, 10_000))}
      />
    </Resettable>
  );
}
