import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import type { ChatSampling } from '../../main/bridge-shapes/sampling.js';
import { IconButton } from '../controls/IconButton.js';
import { Section } from '../controls/Page.js';
import { SliderField } from '../controls/SliderField.js';
import { TextField } from '../controls/TextField.js';
import { useText } from '../messages/Text.js';
import { defaultSampling } from './default-sampling.js';
import { useChange } from './use-change.js';

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
      <TextField
        label={text('sampling.seed')} meaning={text('sampling.seed.meaning')} value={sampling.seed === null ? '' : String(sampling.seed)}
        placeholder={text('sampling.seed.none')} isNumber changed={seed}
      />
      <TextField
        label={text('settings.prefix')} meaning={text('settings.prefix.meaning')} value={settings.prefix}
        changed={(prefix) => change({ prefix: prefix.slice(0, 10_000) })}
      />
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
  const [shown, setShown] = useState({ from: value, value });
  // A value that was changed elsewhere is shown; one under the person's finger stays.
  if (shown.from !== value) setShown({ from: value, value });
  const label = text(`sampling.${name}`);
  const isDefault = value === defaultSampling[name];
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <SliderField
          label={label} meaning={text(`sampling.${name}.meaning`)} value={shown.value} min={min} max={max} step={step}
          change={(next) => setShown({ from: value, value: next })} changed={changed}
        />
      </div>
      <IconButton
        icon={RotateCcw} label={text('settings.reset', { name: label, value: defaultSampling[name] })} isDisabled={isDefault}
        onPress={() => changed(defaultSampling[name])}
      />
    </div>
  );
}
