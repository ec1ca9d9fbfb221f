import { useState } from 'react';

interface Moved<Value> {
  /** What main kept when this was last looked at. */
  kept: Value;
  /** What is shown. */
  value: Value;
  /** Sent to main and not heard back yet, oldest first. */
  sent: readonly string[];
}

/**
 * What a field shows after main told `kept`: what was changed elsewhere is taken over; what comes back of the person's own
 * changes is not, since they may have moved on meanwhile. Pure.
 */
export function afterKept<Value>(moved: Moved<Value>, kept: Value): Moved<Value> {
  const at = moved.sent.indexOf(JSON.stringify(kept));
  return at === -1 ? { kept, value: kept, sent: [] } : { ...moved, kept, sent: moved.sent.slice(at + 1) };
}

/**
 * A setting that may be moved before it is kept, as by a slider.
 *
 * @param change asks main to keep it
 * @returns what to show, what to call while it moves, and what to call when the person lets go
 */
export function useKept<Value>(kept: Value, change: (value: Value) => void): [Value, (value: Value) => void, (value: Value) => void] {
  const [moved, setMoved] = useState<Moved<Value>>({ kept, value: kept, sent: [] });
  let now = moved;
  if (JSON.stringify(moved.kept) !== JSON.stringify(kept)) {
    now = afterKept(moved, kept);
    setMoved(now);
  }
  const keep = (value: Value): void => {
    const text = JSON.stringify(value);
    setMoved((before) => ({ ...before, value, sent: text === JSON.stringify(before.kept) ? before.sent : [...before.sent, text] }));
    change(value);
  };
  return [now.value, (value) => setMoved((before) => ({ ...before, value })), keep];
}
