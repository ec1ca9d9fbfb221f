import { useText } from '../messages/Text.js';
import { nearlyFull } from './context-use.js';
import { useContextUse } from './use-context-use.js';

/** How much of the model's context this chat takes. */
export function ContextMeter() {
  const text = useText();
  const use = useContextUse();
  if (use === null || use.room === 0) return null;
  const percent = Math.min(100, Math.round((use.used / use.room) * 100));
  const colour = use.used >= use.room * nearlyFull ? 'bg-warn' : 'bg-accent';
  const words = text('context.meter', { used: use.used, room: use.room });
  return (
    <div title={words} className="ml-1 flex items-center gap-2 text-xs text-ink-soft tabular-nums">
      <div role="meter" aria-label={words} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100} className="h-1.5 w-16 overflow-hidden rounded-full bg-hover">
        <div className={`h-full rounded-full ${colour}`} style={{ width: `${percent}%` }} />
      </div>
      {text('context.percent', { percent })}
    </div>
  );
}
