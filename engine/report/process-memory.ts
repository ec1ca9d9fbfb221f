import { readFileSync, writeFileSync } from 'node:fs';

/** The most memory this process had resident since its start or the last {@link resetPeakRss}, in bytes. */
export function peakRssBytes(): number {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(procStatus());
  return line?.[1] === undefined ? process.resourceUsage().maxRSS * 1024 : Number(line[1]) * 1024;
}

/** Counts the peak from now on, where the system can: what slicing needed is no part of what answering needs. */
export function resetPeakRss(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak includes what came before.
  }
}

function procStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
