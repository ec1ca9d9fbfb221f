import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

/** Bytes this process may still take: what the system has to spare, or less where a control group limits it. */
export function availableMemory(): number {
  return Math.min(systemAvailable(), groupAvailable());
}

function systemAvailable(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(textOf('/proc/meminfo'))?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** What the memory control group (v1 or v2) of this process, and those above it, leave. Infinity without a limit. */
function groupAvailable(): number {
  const groups = textOf('/proc/self/cgroup');
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  if (v1 !== undefined) {
    return leastOver('/sys/fs/cgroup/memory', v1, 'memory.limit_in_bytes', 'memory.usage_in_bytes');
  }
  const v2 = /^0::(.*)$/m.exec(groups)?.[1];
  return v2 === undefined ? Infinity : leastOver('/sys/fs/cgroup', v2, 'memory.max', 'memory.current');
}

function leastOver(root: string, group: string, limitFile: string, usageFile: string): number {
  let least = Infinity;
  for (let path = group; ; path = join(path, '..')) {
    const limit = Number(textOf(join(root, path, limitFile)).trim() || 'max');
    const usage = Number(textOf(join(root, path, usageFile)).trim() || '0');
    // Page cache counts as used but is given back when memory is wanted.
    if (Number.isFinite(limit)) least = Math.min(least, limit - usage + groupCache(join(root, path)));
    if (path === '/' || path === '.') return least;
  }
}

function groupCache(folder: string): number {
  const stat = textOf(join(folder, 'memory.stat'));
  const bytes = /^(?:total_inactive_file|inactive_file) (\d+)/m.exec(stat)?.[1];
  return bytes === undefined ? 0 : Number(bytes);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
