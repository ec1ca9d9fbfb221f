import { readFileSync } from 'node:fs';

/** The most memory this process ever had resident, in bytes. */
export function peakRssBytes(): number {
  const line = /^VmHWM:\s+(\d+) kB/m.exec(procStatus());
  return line?.[1] === undefined ? process.resourceUsage().maxRSS * 1024 : Number(line[1]) * 1024;
}

function procStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
