import type { ApiSettings, ApiState } from '../../engine/api/api-state.js';
import type { HomeState } from '../../engine/cluster/home-state.js';
import type { HeldWeights } from '../../engine/memory/window-choice.js';
import type { Saying } from '../../engine/saying.js';
import type { Sharing } from '../shell/sharing-policy.js';

/** What the person chose that the engine's process works by. Plain data. */
export interface HomeSettings {
  /** A folder, a GGUF file, or a name of the model cache; null = none is chosen. */
  readonly modelPath: string | null;
  /** What answers while no laptop of the home has a chosen one; null = this laptop only helps. */
  readonly fallbackPath: string | null;
  /** Positions of the KV cache, prompt and answer together. */
  readonly contextTokens: number;
  /** Compute threads; null = physical cores. */
  readonly threads: number | null;
  /** How all laptops hold the weights of the model; null = as their memory allows. */
  readonly held: HeldWeights | null;
  /** The most that Hearth may take here; null = a share of what is free. Bytes. */
  readonly memoryBytes: number | null;
  readonly api: ApiSettings;
}

/** What the window asks of this laptop's part in its home. */
export type HomeCommand =
  | { readonly kind: 'configure'; readonly settings: HomeSettings }
  | { readonly kind: 'openPairing' }
  | { readonly kind: 'pairWith'; readonly host: string }
  | { readonly kind: 'digitsAgree'; readonly agree: boolean }
  | { readonly kind: 'codeTyped'; readonly code: string }
  | { readonly kind: 'endPairing' }
  | { readonly kind: 'unpair'; readonly deviceId: string }
  /** Of any laptop of the home; null for this one. */
  | { readonly kind: 'rename'; readonly deviceId: string | null; readonly name: string }
  | { readonly kind: 'pin'; readonly deviceId: string | null }
  | { readonly kind: 'pause'; readonly deviceId: string | null; readonly paused: boolean }
  /** What this laptop gives from now on, by the person's settings and its battery. */
  | { readonly kind: 'share'; readonly reason: Sharing['reason'] }
  | { readonly kind: 'addAddress'; readonly address: string }
  | { readonly kind: 'newApiKey'; readonly name: string }
  | { readonly kind: 'removeApiKey'; readonly name: string };

/** Where a pairing stands. Plain data. */
export type PairingStep =
  | { readonly step: 'closed' }
  /** This laptop waits for another to come. */
  | { readonly step: 'open' }
  /** On the way to the other. */
  | { readonly step: 'calling' }
  /** Both screens show these digits: are they the same? */
  | { readonly step: 'compare'; readonly digits: string; readonly peer: string }
  /** The other laptop shows a code. */
  | { readonly step: 'code'; readonly peer: string }
  | { readonly step: 'paired'; readonly peer: string }
  | ({ readonly step: 'failed' } & Saying);

/** What the engine's process tells of its own accord. */
export type HomeNews =
  | { readonly kind: 'home'; readonly state: HomeState }
  | { readonly kind: 'pairing'; readonly step: PairingStep }
  | { readonly kind: 'api'; readonly state: ApiState; readonly keys: readonly { name: string; created: string }[] }
  /** This laptop is to be paused or not, by another one perhaps: that is for the settings to keep. */
  | { readonly kind: 'pauseWanted'; readonly paused: boolean }
  /** The node could not be started, or runs again. */
  | { readonly kind: 'node'; readonly problem: Saying | null };
