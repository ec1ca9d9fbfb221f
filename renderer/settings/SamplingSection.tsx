import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import type { ChatSampling } from '../../main/bridge-shapes/sampling.js';
import { IconButton } from '../controls/IconButton.js';
import { Section } from '../controls/Page.js';
import { SliderField } from '../controls/SliderField.js';
import { TextField } from '../controls/TextField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { defaultSampling } from './default-sampling.js';
import { useChange } from './use-change.js';
import { useKept } from './use-kept.js';

type Slid = Exclude<keyof ChatSampling, 'seed'>;

/** The part of each range that a slider is good for; the whole of it is `main/bridge-shapes/sampling.ts`'s. */
const sliders: readonly { name: Slid; min: number; max: number; step: number }[] = [
  { name: 'temperature', min: 0, max: 2, step: 0.05 },
  { name: 'topK', min: 0, max: 200, step: 1 },
  { name: 'topP', min: 0.05, max: 1, step: 0.05 },
  { name: 'minP', min: 0, max: 1, step: 0.01 },
  { name: 'repetitionPenalty', min: 0.8, max: 2, step: 0.05 },
  { name: 'maxTokens', min: 64, max: 8192, step: 64 },
];

/** How the next token is chosen, for all chats that set nothing else. */
export function SamplingSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  const { sampling } = settings;
  const set = (changes: Partial<ChatSampling>): void => change({ sampling: { ...sampling, ...changes } });
  const seed = (written: string): void => {
    const value = Number(written.trim());
    set({ seed: written.trim() === '' || !Number.isSafeInteger(value) || value < 0 ? null : value });
  };
  return (
    <Section title={text('settings.sampling')} meaning={text('settings.sampling.meaning')}>
      {sliders.map((slider) => (
        <SamplingSlider key={slider.name} {...slider} value={sampling[slider.name]} changed={(value) => set({ [slider.name]: value })} />
      ))}
      <Resettable name={text('sampling.seed')} shownDefault={text('sampling.seed.none')} isDefault={sampling.seed === null} reset={() => set({ seed: null })}>
        <TextField
          label={text('sampling.seed')} meaning={text('sampling.seed.meaning')} value={sampling.seed === null ? '' : String(sampling.seed)}
          placeholder={text('sampling.seed.none')} isNumber changed={seed}
        />
      </Resettable>
      <Resettable name={text('settings.prefix')} shownDefault={text('settings.prefix.none')} isDefault={settings.prefix === ''} reset={() => change({ prefix: '' })}>
        <TextField
          label={text('settings.prefix')} meaning={text('settings.prefix.meaning')} value={settings.prefix}
          changed={(prefix) => change({ prefix: prefix.slice(0, 10_000) })}
        />
      </Resettable>
    </Section>
  );
}

interface SamplingSliderProps {
  name: Slid;
  min: number;
  max: number;
  step: number;
  value: number;
  changed: (value: number) => void;
}

function SamplingSlider({ name, min, max, step, value, changed }: SamplingSliderProps) {
  const text = useText();
  const [shown, move, keep] = useKept(value, changed);
  const amounts = useAmounts();
  const label = text(`sampling.${name}`);
  const words = (amount: number): string => amounts.number(amount, 2);
  const usual = defaultSampling[name];
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

interface ResettableProps {
  name: string;
  shownDefault: string;
  isDefault: boolean;
  reset: () => void;
  children: ReactNode;
}

/** A field with a button beside it that brings its default back. */
function Resettable({ name, shownDefault, isDefault, reset, children }: ResettableProps) {
  const text = useText();
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">{children}</div>
      <IconButton icon={RotateCcw} label={text('settings.reset', { name, value: shownDefault })} isDisabled={isDefault} onPress={reset} />
    </div>
  );
}
