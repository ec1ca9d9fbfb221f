/** Whether a process that ended may be started again, and after how long: pure, over the times of its past ends. */
export interface RestartPolicy {
  /** More ends than this within `withinMs` are one too many. */
  ends: number;
  withinMs: number;
  firstDelayMs: number;
}

export const engineRestart: RestartPolicy = { ends: 4, withinMs: 60_000, firstDelayMs: 200 };

/**
 * Milliseconds to wait before the next start, doubling with each recent end, or null to give up.
 *
 * @param endTimes when the process ended, oldest first, the last one included (ms)
 */
export function restartDelay(policy: RestartPolicy, endTimes: readonly number[]): number | null {
  const last = endTimes.at(-1);
  if (last === undefined) return 0;
  const recent = endTimes.filter((time) => last - time < policy.withinMs).length;
  return recent > policy.ends ? null : policy.firstDelayMs * 2 ** (recent - 1);
}
