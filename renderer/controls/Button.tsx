import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';

const looks = {
  main: 'bg-accent text-on-accent hover:bg-accent-hover font-medium',
  plain: 'border border-line-strong bg-surface text-ink hover:bg-hover',
  quiet: 'text-ink-soft hover:bg-hover hover:text-ink',
  bad: 'bg-bad-soft text-bad hover:brightness-95 font-medium',
};

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  look?: keyof typeof looks;
  children: ReactNode;
}

/** A button with words in it. */
export function Button({ look = 'plain', children, ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      className={`inline-flex items-center justify-center gap-2 rounded-xl px-3.5 py-2 text-sm transition-colors
        disabled:opacity-50 ${looks[look]}`}
    >
      {children}
    </AriaButton>
  );
}
