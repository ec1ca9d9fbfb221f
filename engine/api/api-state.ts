import { sayingOf, WrongUseError } from '../errors.js';
import type { Saying } from '../saying.js';
import type { ServedModel } from './served-model.js';

/** What a person chooses about the local API. */
export interface ApiSettings {
  on: boolean;
  /** Address to listen on; anything but the loopback needs a key. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Web pages that may use the API, as origins. */
  corsOrigins: readonly string[];
  /** Further names this machine is asked by. */
  allowedHosts: readonly string[];
}

/** A model and the name that clients ask for. */
export interface NamedModel {
  model: ServedModel;
  modelId: string;
}

/** What is so now: `failed` means that nobody listens though somebody should, and says what to do about it. */
export type ApiState =
  | { kind: 'off' }
  /** Switched on, with no model to answer yet. */
  | { kind: 'waiting' }
  | { kind: 'on'; url: string; modelId: string }
  | ({ kind: 'failed' } & Saying);

export const off: ApiSettings = { on: false, host: '127.0.0.1', port: 0, corsOrigins: [], allowedHosts: [] };

/** What a failure means for whoever wanted the API. */
export function failureOf(error: unknown): ApiState {
  if (error instanceof WrongUseError) return { kind: 'failed', ...sayingOf(error) };
  return { kind: 'failed', code: 'API_FAILED', sentence: 'The local API could not be started: restart Hearth.', values: {} };
}
