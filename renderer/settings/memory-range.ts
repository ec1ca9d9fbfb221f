const quarter = 0.25e9;

/** Ends and steps of a slider for this laptop's memory: from what the smallest model needs to all there is. Bytes. Pure. */
export function memoryRange(allBytes: number): { min: number; max: number; step: number } {
  const step = allBytes > 16e9 ? 2 * quarter : quarter;
  return { min: step, max: Math.max(2 * step, Math.floor(allBytes / step) * step), step };
}
