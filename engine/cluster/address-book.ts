import { mkdir, readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { WrongUseError } from '../errors.js';
import { isDeviceId } from '../wire/device-id.js';
import type { KnownAddress } from './candidate-addresses.js';

const address = z.strictObject({ host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) });
const stored = z.strictObject({
  manual: z.array(address).max(256),
  worked: z.record(z.string().refine(isDeviceId), address),
});

export type HostAndPort = z.infer<typeof address>;

/** Reads `192.168.1.7`, `attic.local:29500`, `[fe80::1%eth0]:29500`. Throws WrongUseError ADDRESS_INVALID. */
export function parseAddress(text: string, defaultPort: number): HostAndPort {
  const trimmed = text.trim();
  const bracketed = /^\[([^\]\s]+)\](?::(\d{1,5}))?$/.exec(trimmed);
  const plain = isIPv6(trimmed) ? [trimmed, trimmed] : /^([^\s:/\\[\]@]+)(?::(\d{1,5}))?$/.exec(trimmed);
  const [, host, port] = bracketed ?? plain ?? [];
  const parsed = address.safeParse({ host, port: port === undefined ? defaultPort : Number(port) });
  if (parsed.success && (bracketed === null || isIPv6(parsed.data.host))) return parsed.data;
  throw new WrongUseError(
    'ADDRESS_INVALID',
    `${JSON.stringify(trimmed.slice(0, 80))} is not an address: give it as 192.168.1.7, 192.168.1.7:${defaultPort} or a name.`,
    { values: { address: trimmed.slice(0, 80) } },
  );
}

/**
 * Addresses that are remembered in one file: those a person typed, and for each device the one that worked last, so that
 * a home where multicast is blocked has to be told once.
 */
export class AddressBook {
  #manual: HostAndPort[];
  readonly #worked: Map<string, HostAndPort>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(private readonly file: string, content: z.infer<typeof stored>) {
    this.#manual = content.manual;
    this.#worked = new Map(Object.entries(content.worked));
  }

  /** Throws WrongUseError ADDRESSES_DAMAGED, ADDRESSES_UNREADABLE. A missing file is an empty book. */
  static async open(file: string): Promise<AddressBook> {
    let text;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new AddressBook(file, { manual: [], worked: {} });
      const why = (error as Error).message;
      throw new WrongUseError('ADDRESSES_UNREADABLE', `${file}: the known addresses cannot be read (${why}).`, { cause: error, values: { file } });
    }
    try {
      return new AddressBook(file, stored.parse(JSON.parse(text)));
    } catch (error) {
      throw new WrongUseError(
        'ADDRESSES_DAMAGED', `${file} is damaged: delete it and give the addresses again.`, { cause: error, values: { file } },
      );
    }
  }

  /** What a person typed, in that order. Who is there turns out when they are dialled. */
  manual(): readonly HostAndPort[] {
    return this.#manual;
  }

  /** Where a device was reached last. */
  worked(deviceId: string): HostAndPort | undefined {
    return this.#worked.get(deviceId);
  }

  /** Everything that may be an address of this device. A typed one may be anybody's. */
  addressesOf(deviceId: string): KnownAddress[] {
    const worked = this.#worked.get(deviceId);
    return [
      ...(worked === undefined ? [] : [{ ...worked, source: 'worked' as const }]),
      ...this.#manual.map((typed) => ({ ...typed, source: 'manual' as const })),
    ];
  }

  async add(typed: HostAndPort): Promise<void> {
    if (this.#manual.some((known) => same(known, typed))) return;
    this.#manual = [...this.#manual, typed];
    await this.#write();
  }

  async remove(typed: HostAndPort): Promise<void> {
    this.#manual = this.#manual.filter((known) => !same(known, typed));
    for (const [id, known] of this.#worked) if (same(known, typed)) this.#worked.delete(id);
    await this.#write();
  }

  /** A link to the device stood over this address. */
  async remember(deviceId: string, reached: HostAndPort): Promise<void> {
    const known = this.#worked.get(deviceId);
    if (known !== undefined && same(known, reached)) return;
    this.#worked.set(deviceId, { host: reached.host, port: reached.port });
    await this.#write();
  }

  /** The device left the home. */
  async forget(deviceId: string): Promise<void> {
    if (this.#worked.delete(deviceId)) await this.#write();
  }

  /** One write after another, each whole. */
  #write(): Promise<void> {
    const write = async (): Promise<void> => {
      const text = JSON.stringify({ manual: this.#manual, worked: Object.fromEntries(this.#worked) }, undefined, 2);
      try {
        await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
        await writeFileAtomic(this.file, `${text}\n`, { mode: 0o600 });
      } catch (error) {
        const why = (error as Error).message;
        throw new WrongUseError('ADDRESSES_UNWRITABLE', `${this.file}: addresses cannot be stored (${why}).`, {
          cause: error, values: { file: this.file },
        });
      }
    };
    const writing = this.#writing.then(write);
    this.#writing = writing.catch(() => undefined);
    return writing;
  }
}

function same(a: HostAndPort, b: HostAndPort): boolean {
  return a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port;
}
