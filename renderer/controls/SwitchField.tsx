import { SwitchButton, SwitchField as AriaSwitchField } from 'react-aria-components';

export interface SwitchFieldProps {
  label: string;
  meaning?: string;
  on: boolean;
  change: (on: boolean) => void;
}

/** On or off. */
export function SwitchField({ label, meaning, on, change }: SwitchFieldProps) {
  return (
    <AriaSwitchField isSelected={on} onChange={change}><SwitchButton className="group flex cursor-default items-center justify-between gap-4">
      <span className="flex flex-col">
        <span className="text-sm font-medium">{label}</span>
        {meaning !== undefined && <span className="text-xs text-ink-soft">{meaning}</span>}
      </span>
      <span
        className="flex h-6 w-11 shrink-0 items-center rounded-full border border-line-strong bg-hover p-0.5 transition-colors
          group-data-[focus-visible]:outline-2 group-data-[selected]:border-accent group-data-[selected]:bg-accent"
      >
        <span className="size-4.5 rounded-full bg-ink-soft transition-transform group-data-[selected]:translate-x-5 group-data-[selected]:bg-on-accent" />
      </span>
    </SwitchButton></AriaSwitchField>
  );
}
