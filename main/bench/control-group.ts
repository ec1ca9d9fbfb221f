import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** What a group of processes may take at most. */
export interface GroupLimits {
  memoryBytes?: number;
  /** Bytes per second read from the disk of a folder; only reads past the page cache are held to it. */
  read?: { folder: string; bytesPerSecond: number };
}

/** Names of the files of the two versions of control groups. */
const versions = {
  v1: { limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' },
  v2: { limit: 'memory.max', peak: 'memory.peak' },
} as const;

const mount = '/sys/fs/cgroup';
let made = 0;

/** A Linux control group for measuring: what its processes took of memory, page cache counted, under given limits. */
export class ControlGroup {
  private constructor(
    private readonly version: 'v1' | 'v2',
    /** The memory group first. */
    private readonly folders: string[],
  ) {}

  /** Why no group can be made here; null if one can. */
  static unavailable(): string | null {
    try {
      rmdirSync(makeFolder(versionHere(), 'memory'));
      return null;
    } catch (error) {
      return `needs root and the memory controller of control groups (${(error as Error).message})`;
    }
  }

  static create(limits: GroupLimits = {}): ControlGroup {
    const version = versionHere();
    const memory = makeFolder(version, 'memory');
    const group = new ControlGroup(version, [memory]);
    if (limits.memoryBytes !== undefined) writeFileSync(join(memory, versions[version].limit), String(limits.memoryBytes));
    if (limits.read !== undefined) group.limitReads(limits.read);
    return group;
  }

  /** Sets or changes how fast the disk of a folder is read; processes started after the first such limit are held to it. */
  limitReads({ folder, bytesPerSecond }: { folder: string; bytesPerSecond: number }): void {
    const [memory = ''] = this.folders;
    const io = this.version === 'v2' ? memory : (this.folders[1] ?? makeFolder(this.version, 'blkio'));
    if (io !== memory && this.folders[1] === undefined) this.folders.push(io);
    const limit = `${deviceOf(folder)} ${this.version === 'v2' ? 'rbps=' : ''}${Math.round(bytesPerSecond)}`;
    writeFileSync(join(io, this.version === 'v2' ? 'io.max' : 'blkio.throttle.read_bps_device'), limit);
  }

  /** The command line that runs `command` in this group from its first instruction on. */
  wrap(command: readonly string[]): { file: string; args: string[] } {
    const enter = this.folders.map((folder) => `echo $$ > '${join(folder, 'cgroup.procs')}'`).join(' && ');
    return { file: '/bin/sh', args: ['-c', `${enter} && exec "$@"`, 'sh', ...command] };
  }

  /** The most memory the group's processes had, with the page cache that was filled for them. */
  peakBytes(): number {
    return Number(readFileSync(join(this.folders[0] ?? '', versions[this.version].peak), 'utf8'));
  }

  /** Takes the group away once its last process has ended. */
  async close(): Promise<void> {
    for (const folder of this.folders) {
      for (let attempt = 0; ; attempt++) {
        try {
          rmdirSync(folder);
          break;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || attempt === 100) throw error;
          await pause(50);
        }
      }
    }
  }
}

/** Writes what is unwritten and empties the page cache, so that the next run finds nothing in memory. */
export function emptyPageCache(): void {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

function versionHere(): 'v1' | 'v2' {
  return existsSync(join(mount, 'memory', 'memory.limit_in_bytes')) ? 'v1' : 'v2';
}

function makeFolder(version: 'v1' | 'v2', controller: 'memory' | 'blkio'): string {
  const parent = version === 'v1' ? join(mount, controller) : mount;
  if (version === 'v2') writeFileSync(join(mount, 'cgroup.subtree_control'), '+memory +io');
  const folder = join(parent, `hearth-${process.pid}-${(made += 1)}`);
  mkdirSync(folder);
  return folder;
}

/** `major:minor` of the disk that a folder lies on: of the whole disk, since partitions cannot be limited. */
function deviceOf(folder: string): string {
  const { dev } = statSync(folder);
  const numbers = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const block = realpathSync(`/sys/dev/block/${numbers}`);
  const disk = existsSync(join(block, 'partition')) ? join(block, '..') : block;
  if (!readdirSync(disk).includes('dev')) throw new Error(`${basename(disk)} is not a disk that can be limited`);
  return readFileSync(join(disk, 'dev'), 'utf8').trim();
}
