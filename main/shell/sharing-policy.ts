import type { SharingRules } from '../bridge-shapes/settings.js';

/** How this laptop stands; null where the system does not say. */
export interface LaptopState {
  onBattery: boolean | null;
  lidClosed: boolean | null;
}

/** What this laptop gives to its home, and why nothing if it gives nothing. */
export interface Sharing {
  shares: boolean;
  reason: 'paused' | 'battery' | 'lid' | null;
  memoryBytes: number | null;
}

/** Nobody wants a warm laptop in a bag, or an empty one: those that are not on a desk share only if told to. Pure. */
export function decideSharing(rules: SharingRules, laptop: LaptopState): Sharing {
  const reason = rules.paused ? 'paused'
    : laptop.lidClosed === true && !rules.lidClosed ? 'lid'
    : laptop.onBattery === true && !rules.onBattery ? 'battery'
    : null;
  return { shares: reason === null, reason, memoryBytes: rules.memoryBytes };
}

/** A laptop that computes, or holds part of a model that others may ask any moment, does not fall asleep. Pure. */
export function mustStayAwake(sharing: Sharing, standing: { leads: boolean; working: boolean }): boolean {
  return standing.working || (sharing.shares && standing.leads);
}
