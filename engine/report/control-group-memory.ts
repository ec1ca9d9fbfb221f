import { posix } from 'node:path';
import { textOfFile } from './text-of-file.js';

/** What the memory control group (v1 or v2) of this process, and those above it, leave. Infinity without a limit. */
export function groupAvailable(): number {
  const groups = textOfFile('/proc/self/cgroup');
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  if (v1 !== undefined) {
    return leastOver('/sys/fs/cgroup/memory', v1, 'memory.limit_in_bytes', 'memory.usage_in_bytes');
  }
  const v2 = /^0::(.*)$/m.exec(groups)?.[1];
  return v2 === undefined ? Infinity : leastOver('/sys/fs/cgroup', v2, 'memory.max', 'memory.current');
}

function leastOver(root: string, group: string, limitFile: string, usageFile: string): number {
  let least = Infinity;
  for (let path = group; ; path = posix.join(path, '..')) {
    const limit = Number(textOfFile(posix.join(root, path, limitFile)).trim() || 'max');
    const usage = Number(textOfFile(posix.join(root, path, usageFile)).trim() || '0');
    // Page cache counts as used but is given back when memory is wanted.
    if (Number.isFinite(limit)) least = Math.min(least, limit - usage + groupCache(posix.join(root, path)));
    if (path === '/' || path === '.') return least;
  }
}

function groupCache(folder: string): number {
  const stat = textOfFile(posix.join(folder, 'memory.stat'));
  const bytes = /^(?:total_inactive_file|inactive_file) (\d+)/m.exec(stat)?.[1];
  return bytes === undefined ? 0 : Number(bytes);
}
