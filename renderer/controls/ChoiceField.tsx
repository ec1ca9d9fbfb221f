import { Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';

export interface ChoiceFieldProps<Value extends string> {
  label: string;
  meaning?: string;
  value: Value;
  choices: readonly { value: Value; label: string }[];
  change: (value: Value) => void;
}

/** One of a few. */
export function ChoiceField<Value extends string>({ label, meaning, value, choices, change }: ChoiceFieldProps<Value>) {
  return (
    <RadioGroup value={value} onChange={(chosen) => change(chosen as Value)} orientation="horizontal" className="flex flex-col gap-1.5">
      <Label className="text-sm font-medium">{label}</Label>
      {meaning !== undefined && <p className="text-xs text-balance text-ink-soft">{meaning}</p>}
      <div className="flex w-fit flex-wrap gap-1 rounded-xl border border-line bg-sunken p-1">
        {choices.map((choice) => (
          <RadioField key={choice.value} value={choice.value}><RadioButton
            className="cursor-default rounded-lg px-3 py-1.5 text-sm text-ink-soft transition-colors data-[hovered]:text-ink
              data-[focus-visible]:outline-2 data-[focus-visible]:outline-offset-2 data-[selected]:bg-surface
              data-[selected]:font-medium data-[selected]:text-ink data-[selected]:shadow-sm"
          >
            {choice.label}
          </RadioButton></RadioField>
        ))}
      </div>
    </RadioGroup>
  );
}
