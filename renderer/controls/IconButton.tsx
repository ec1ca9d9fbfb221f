import type { LucideIcon } from 'lucide-react';
import { Button, Tooltip, TooltipTrigger, type ButtonProps } from 'react-aria-components';

export interface IconButtonProps extends Omit<ButtonProps, 'className' | 'style' | 'children' | 'aria-label'> {
  icon: LucideIcon;
  /** Said by screen readers, and shown beside the button while the pointer rests on it. */
  label: string;
  /** Filled with the accent colour: the page's one main action. */
  filled?: boolean;
}

/** A button with a drawing in it. */
export function IconButton({ icon: Icon, label, filled = false, ...props }: IconButtonProps) {
  const colours = filled
    ? 'bg-accent text-on-accent hover:bg-accent-hover disabled:bg-hover disabled:text-ink-soft'
    : 'text-ink-soft hover:bg-hover hover:text-ink disabled:opacity-50';
  return (
    <TooltipTrigger delay={600}>
      <Button
        {...props}
        aria-label={label}
        className={`inline-flex size-9 shrink-0 items-center justify-center rounded-xl transition-colors ${colours}`}
      >
        <Icon aria-hidden className="size-4.5" />
      </Button>
      <Tooltip offset={6} className="rounded-lg bg-ink px-2 py-1 text-xs text-ground shadow-lg">{label}</Tooltip>
    </TooltipTrigger>
  );
}
