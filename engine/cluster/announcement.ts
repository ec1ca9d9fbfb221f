import { isIP } from 'node:net';
import type { Service } from 'bonjour-service';
import { z } from 'zod';
import { isDeviceId } from '../wire/device-id.js';

/** What a node tells everyone on its network, and nothing else. */
export interface Announcement {
  readonly deviceId: string;
  /** The device's name for people. */
  readonly name: string;
  readonly protocolVersion: number;
}

/** Another node's announcement, as heard on one interface. */
export interface HeardAnnouncement extends Announcement {
  /** Different for every start and interface of the announcing node. */
  readonly instance: string;
  readonly port: number;
  /** Where the packet came from. */
  readonly sender: string | null;
  /** Every address that it lists. */
  readonly addresses: readonly string[];
}

export const serviceType = 'hearth';

const record = z.object({
  id: z.string().refine(isDeviceId),
  name: z.string().min(1).max(64).refine((name) => !/[\u0000-\u001f\u007f\u2028\u2029]/.test(name)),
  v: z.string().regex(/^\d{1,5}$/).transform(Number),
});

/** The TXT record. */
export function textOf({ deviceId, name, protocolVersion }: Announcement): Record<string, string> {
  return { id: deviceId, name: name.slice(0, 64), v: String(protocolVersion) };
}

/** Anybody on the network can announce anything: what is not as agreed is nobody. */
export function readAnnouncement(service: Service): HeardAnnouncement | null {
  const txt: unknown = Array.isArray(service.txt) ? Object.assign({}, ...(service.txt as object[])) : service.txt;
  const parsed = record.safeParse(txt);
  if (!parsed.success || !Number.isInteger(service.port) || service.port < 1) return null;
  const { id, name, v } = parsed.data;
  return {
    deviceId: id,
    name,
    protocolVersion: v,
    instance: service.name,
    port: service.port,
    sender: service.referer?.address ?? null,
    addresses: (service.addresses ?? []).filter((address) => isIP(address) !== 0).slice(0, 32),
  };
}
