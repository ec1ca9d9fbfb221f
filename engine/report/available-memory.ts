import { execFileSync } from 'node:child_process';
import { freemem } from 'node:os';
import { groupAvailable } from './control-group-memory.js';
import { textOfFile } from './text-of-file.js';
import { availableByVmStat } from './vm-stat.js';

/** Bytes this process may still take: what the system has to spare, or less where a control group limits it. */
export function availableMemory(): number {
  if (process.platform === 'linux') return Math.min(availableOnLinux(), groupAvailable());
  // Windows counts as free what it would give up at once; macOS does not, and has little that is unused.
  return process.platform === 'darwin' ? availableOnMac() : freemem();
}

function availableOnLinux(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(textOfFile('/proc/meminfo'))?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

function availableOnMac(): number {
  try {
    return availableByVmStat(execFileSync('/usr/bin/vm_stat', { encoding: 'utf8', timeout: 5000 })) ?? freemem();
  } catch {
    return freemem();
  }
}
