import { ProgressBar } from 'react-aria-components';

/** How far long work has come; `value` from 0 to 1. */
export function ProgressLine({ label, value }: { label: string; value: number }) {
  return (
    <ProgressBar aria-label={label} value={value * 100} className="w-full">
      {({ percentage }) => (
        <div className="h-1.5 overflow-hidden rounded-full bg-hover">
          <div className="h-full rounded-full bg-accent transition-[width]" style={{ width: `${percentage ?? 0}%` }} />
        </div>
      )}
    </ProgressBar>
  );
}
