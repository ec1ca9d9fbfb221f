import { ClusterFailedError } from '../errors.js';

/** Something heard from a device: each start of Hearth chooses an `instance`, a random nonce, and announces it. */
export interface Sighting {
  readonly deviceId: string;
  readonly instance: string;
  /** Milliseconds of one clock. */
  readonly at: number;
}

interface Span {
  readonly first: number;
  readonly last: number;
}

/** When each instance of each device was first and last heard. */
export type Sightings = ReadonlyMap<string, ReadonlyMap<string, Span>>;

/** An instance not heard for this long is forgotten (ms). */
const memoryMs = 10 * 60_000;

export interface SightResult {
  readonly seen: Sightings;
  /** Set when two instances of one device live at the same time. */
  readonly cloned: ClusterFailedError | undefined;
}

/** Adds a sighting; pure. */
export function sight(seen: Sightings, sighting: Sighting): SightResult {
  const { deviceId, instance, at } = sighting;
  const spans = new Map([...(seen.get(deviceId) ?? [])].filter(([, span]) => at - span.last < memoryMs));
  spans.set(instance, { first: spans.get(instance)?.first ?? at, last: at });
  const next = new Map(seen).set(deviceId, spans);
  return { seen: next, cloned: overlap([...spans.values()]) ? clonedIdentity(deviceId) : undefined };
}

/**
 * What a device may conclude alone: whoever announces its ID under another instance while it runs has its key.
 * `own` is this start's instance.
 */
export function clonedSelf(own: Omit<Sighting, 'at'>, heard: Omit<Sighting, 'at'>): ClusterFailedError | undefined {
  const same = heard.deviceId === own.deviceId && heard.instance !== own.instance;
  return same ? clonedIdentity(own.deviceId) : undefined;
}

/** A restart ends one instance before the next begins; one that is heard again after another began did not end. */
function overlap(spans: readonly Span[]): boolean {
  return spans.some((a, index) =>
    spans.some((b, other) => index !== other && a.first <= b.first && a.last > b.first));
}

/** Two laptops, one device ID. */
export function clonedIdentity(deviceId: string): ClusterFailedError {
  return new ClusterFailedError(
    'CLONED_IDENTITY',
    `Two laptops run as the same device (${deviceId.slice(0, 9)}…): Hearth's settings folder was copied from one to `
    + 'the other. On the copy, quit Hearth, delete identity.json and home.json in that folder, start it and pair it again.',
  );
}
