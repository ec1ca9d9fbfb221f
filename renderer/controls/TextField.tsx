import { useEffect, useState } from 'react';
import { FieldError, Input, Label, Text, TextField as AriaTextField } from 'react-aria-components';

export interface TextFieldProps {
  label: string;
  meaning?: string;
  value: string;
  /** Called when the person leaves the field or presses Enter, with what differs from `value`. */
  changed: (value: string) => void;
  placeholder?: string;
  isNumber?: boolean;
  /** Shown under the field while it is not null. */
  problem?: string | null;
}

/** A line of text, taken over when the person is done with it. */
export function TextField({ label, meaning, value, changed, placeholder, isNumber = false, problem = null }: TextFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const done = (): void => {
    if (text !== value) changed(text);
  };
  return (
    <AriaTextField value={text} onChange={setText} onBlur={done} isInvalid={problem !== null} className="flex flex-col gap-1">
      <Label className="text-sm font-medium">{label}</Label>
      {meaning !== undefined && <Text slot="description" className="text-xs text-balance text-ink-soft">{meaning}</Text>}
      <Input
        placeholder={placeholder ?? ''}
        inputMode={isNumber ? 'numeric' : 'text'}
        onKeyDown={(event) => event.key === 'Enter' && done()}
        className="w-full rounded-xl border border-line-strong bg-ground px-3 py-2 text-sm placeholder:text-ink-soft"
      />
      <FieldError className="text-xs text-bad">{problem}</FieldError>
    </AriaTextField>
  );
}
