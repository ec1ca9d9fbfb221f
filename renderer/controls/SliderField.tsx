import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';

export interface SliderFieldProps {
  label: string;
  /** One sentence: what it does. */
  meaning?: string;
  value: number;
  min: number;
  max: number;
  step: number;
  change: (value: number) => void;
  /** Called when the person lets go. */
  changed?: (value: number) => void;
  /** The value in words; the bare number where absent. */
  shown?: (value: number) => string;
}

/** A number on a line between two ends. */
export function SliderField({ label, meaning, value, min, max, step, change, changed, shown }: SliderFieldProps) {
  return (
    <Slider
      value={value}
      minValue={min}
      maxValue={max}
      step={step}
      onChange={change}
      {...(changed === undefined ? {} : { onChangeEnd: changed })}
      className="flex flex-col gap-1"
    >
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <Label className="font-medium">{label}</Label>
        <SliderOutput className="tabular-nums text-ink-soft">
          {({ state }) => shown?.(state.values[0] ?? value) ?? state.getThumbValueLabel(0)}
        </SliderOutput>
      </div>
      {meaning !== undefined && <p className="text-xs text-balance text-ink-soft">{meaning}</p>}
      <SliderTrack className="relative h-6 w-full">
        {({ state }) => (
          <>
            <div className="absolute top-1/2 h-1.5 w-full -translate-y-1/2 rounded-full bg-hover" />
            <div
              className="absolute top-1/2 h-1.5 -translate-y-1/2 rounded-full bg-accent"
              style={{ width: `${state.getThumbPercent(0) * 100}%` }}
            />
            <SliderThumb className="top-1/2 size-5 rounded-full border-2 border-accent bg-surface shadow" />
          </>
        )}
      </SliderTrack>
    </Slider>
  );
}
