import { startTransition, useEffect, useState } from 'react';

/**
 * How many of a long row are not drawn yet. It shrinks to `least` by `step` at a time, each in work of its own that gives
 * way to whatever else the window has to do: a chat of any length opens without a long task.
 *
 * @param start how many are held back at first
 * @returns how many now, and what to call to hold back as many again
 */
export function useHeldBack(start: () => number, least: number, step: number): [number, (held: number) => void] {
  const [held, setHeld] = useState(start);
  useEffect(() => {
    if (held > least) startTransition(() => setHeld(Math.max(least, held - step)));
  }, [held, least, step]);
  return [held, setHeld];
}
