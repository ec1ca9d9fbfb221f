import { WrongUseError } from '../../errors.js';
import type { Automaton } from './automaton.js';

/** Where a text may be, in every way of reading it. Compare by identity. */
export interface Situation {
  /** The text may end here. */
  readonly complete: boolean;
  /** (256) by byte: what it leads to, null for a byte that cannot come, undefined while nobody asked. */
  readonly next: (Situation | null | undefined)[];
  readonly places: readonly number[];
}

const mostSituations = 20_000;
const mostPlaces = 4096;

/**
 * Runs an automaton as a deterministic one whose situations are made when they are first met, and kept. A place is a
 * state and the chain of states to go back to when rules end, as one number.
 */
export class RunningAutomaton {
  readonly start: Situation;
  readonly #known = new Map<string, Situation>();
  /** By frame: the state to go back to, and the frame under it. Frame 0 is the bottom. */
  readonly #returns: { to: number; under: number }[] = [{ to: -1, under: -1 }];
  readonly #frames = new Map<number, number>();

  constructor(private readonly automaton: Automaton) {
    this.start = this.#situation([this.#place(automaton.start(0), 0)]);
  }

  /** What `byte` leads to; null if it cannot come. */
  step(from: Situation, byte: number): Situation | null {
    const known = from.next[byte];
    return known === undefined ? (from.next[byte] = this.#advance(from, byte)) : known;
  }

  #advance(from: Situation, byte: number): Situation | null {
    const places: number[] = [];
    for (const place of from.places) {
      for (const edge of this.automaton.at(this.#stateOf(place)).bytes) {
        if (byte >= edge.lo && byte <= edge.hi) places.push(this.#place(edge.to, this.#frameOf(place)));
      }
    }
    return places.length === 0 ? null : this.#situation(places);
  }

  /** Follows everything that takes no byte, and keeps the places at which a byte may come. */
  #situation(from: number[]): Situation {
    const seen = new Set(from);
    const places: number[] = [];
    let complete = false;
    for (const place of seen) {
      if (seen.size > mostPlaces) throw tooAmbiguous();
      const state = this.automaton.at(this.#stateOf(place));
      const frame = this.#frameOf(place);
      if (state.bytes.length > 0) places.push(place);
      for (const to of state.empty) seen.add(this.#place(to, frame));
      for (const { rule, to } of state.calls) seen.add(this.#place(this.automaton.start(rule), this.#frame(to, frame)));
      if (!state.final) continue;
      if (frame === 0) complete = true;
      else seen.add(this.#place(this.#returns[frame]!.to, this.#returns[frame]!.under));
    }
    return this.#shared(places.sort((a, b) => a - b), complete);
  }

  #shared(places: number[], complete: boolean): Situation {
    const key = `${complete ? '!' : ''}${places.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= mostSituations) this.#forget();
    const situation: Situation = { complete, places, next: new Array<undefined>(256) };
    this.#known.set(key, situation);
    return situation;
  }

  /** A long text over a deep schema meets ever new situations; forgotten ones are made again when they are needed. */
  #forget(): void {
    for (const situation of this.#known.values()) situation.next.fill(undefined);
    this.#known.clear();
  }

  #frame(to: number, under: number): number {
    const key = this.#place(to, under);
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      frame = this.#returns.push({ to, under }) - 1;
      this.#frames.set(key, frame);
    }
    return frame;
  }

  #place(state: number, frame: number): number {
    return frame * this.automaton.states.length + state;
  }

  #stateOf(place: number): number {
    return place % this.automaton.states.length;
  }

  #frameOf(place: number): number {
    return Math.floor(place / this.automaton.states.length);
  }
}

function tooAmbiguous(): WrongUseError {
  return new WrongUseError(
    'SCHEMA_TOO_AMBIGUOUS',
    'The schema can be read in too many ways at once: make the alternatives of its anyOf differ from the beginning.',
  );
}
