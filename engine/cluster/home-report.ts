import { saying, type Saying } from '../saying.js';
import type { Capacity } from '../wire/capacity.js';
import type { HomeStatus, PlacedLaptop } from '../wire/home-status.js';
import { protocolVersion } from '../wire/messages.js';
import { shownDeviceName } from './device-name.js';
import type { MulticastHealth, Sighting } from './discovery.js';
import type { ElectionStatus } from './election.js';
import type { HomeLaptop, HomeState, NearbyLaptop } from './home-state.js';
import type { HomeMember } from './home-view.js';
import type { LinkFigures } from './link-probe.js';

/** What is known, from which a {@link HomeState} is put together. */
export interface HomeFacts {
  readonly self: string;
  /** This laptop first. */
  readonly members: readonly HomeMember[];
  readonly status: ElectionStatus;
  readonly pinned: string | null;
  readonly told: (deviceId: string) => { readonly capacity: Capacity; readonly paused: boolean } | null;
  readonly addressOf: (deviceId: string) => string | null;
  /** Of other members. */
  readonly isPresent: (deviceId: string) => boolean;
  readonly figuresOf: (deviceId: string) => LinkFigures | null;
  readonly problemOf: (deviceId: string) => Saying | null;
  readonly placed: HomeStatus;
  readonly sightings: readonly Sighting[];
  readonly multicast: readonly MulticastHealth[];
}

/** How the home stands, for screens. Pure. */
export function homeStateOf(facts: HomeFacts): HomeState {
  const { self, members, status, pinned, placed } = facts;
  return {
    self, pinned,
    role: status.role, master: status.master, term: status.term,
    laptops: members.map((member) => laptopOf(member, facts)),
    nearby: nearbyOf(facts),
    model: placed.model,
    problems: problemsOf(facts),
  };
}

function laptopOf({ deviceId, name }: HomeMember, facts: HomeFacts): HomeLaptop {
  const isSelf = deviceId === facts.self;
  const present = isSelf || facts.isPresent(deviceId);
  const told = present ? facts.told(deviceId) : null;
  const figures = isSelf || !present ? null : facts.figuresOf(deviceId);
  const part = partOf(deviceId, facts.placed);
  return {
    deviceId, name, isSelf, present,
    role: roleOf(deviceId, present, facts),
    paused: told?.paused ?? false,
    capacity: told?.capacity ?? null,
    address: isSelf ? null : facts.addressOf(deviceId),
    roundTripMs: figures?.roundTripMs ?? null,
    bytesPerSecond: figures?.bytesPerSecond ?? null,
    share: part?.share ?? null,
    window: part?.window ?? null,
    predictedBytes: part?.predictedBytes ?? null,
    measuredBytes: part?.measuredBytes ?? null,
    allReduceSeconds: part?.allReduceSeconds ?? null,
    transfer: part?.transfer ?? null,
    problem: isSelf ? null : facts.problemOf(deviceId),
  };
}

function partOf(deviceId: string, { laptops }: HomeStatus): PlacedLaptop | undefined {
  return laptops.find((placed) => placed.deviceId === deviceId);
}

function roleOf(deviceId: string, present: boolean, { self, status }: HomeFacts): HomeLaptop['role'] {
  if (!present) return 'away';
  if (deviceId === status.master) return 'master';
  if (deviceId === self) return status.role === 'master' ? 'helper' : status.role;
  return status.master === null ? 'undecided' : 'helper';
}

function nearbyOf({ members, sightings, self }: HomeFacts): NearbyLaptop[] {
  const known = new Set([self, ...members.map(({ deviceId }) => deviceId)]);
  return sightings.filter(({ deviceId }) => !known.has(deviceId)).map(({ deviceId, name, addresses, protocolVersion: version }) => ({
    deviceId, name: shownDeviceName(name, deviceId), address: addresses[0]?.host ?? '', versionOk: version === protocolVersion,
  }));
}

function problemsOf({ self, problemOf, multicast }: HomeFacts): Saying[] {
  const own = problemOf(self);
  const blocked = multicast.filter(({ works, problem }) => !works && problem !== null);
  const deaf = multicast.length > 0 && multicast.every(({ works }) => !works) && blocked.length > 0;
  const multicastProblem = saying(
    'MULTICAST_BLOCKED',
    `Multicast does not work on this laptop (${blocked[0]?.problem ?? 'no reason given'}): laptops find each other only by `
      + 'address. Allow Hearth in the firewall, or give the address of one laptop of the home.',
    {},
  );
  return [...(own === null ? [] : [own]), ...(deaf ? [multicastProblem] : [])];
}
