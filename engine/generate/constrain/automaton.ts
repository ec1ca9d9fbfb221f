/** Bytes `lo` to `hi` lead to `to`. */
interface ByteEdge {
  lo: number;
  hi: number;
  to: number;
}

/** One state: bytes that lead on, states that stand for it too, and rules that must pass before it leads on. */
export interface AutomatonState {
  bytes: ByteEdge[];
  empty: number[];
  calls: { rule: number; to: number }[];
  /** A rule is complete here. */
  final: boolean;
}

/** A part of a text: adds to an automaton every way that leads from one state to another. */
export type Piece = (automaton: Automaton, from: number, to: number) => void;

const mostStates = 200_000;

/** The automaton would be larger than any sensible schema needs. */
export class AutomatonTooLarge extends Error {}

/**
 * A recursive automaton over bytes: rules are nondeterministic automata that may call one another, so that nested and
 * recursive texts can be described. Rule 0 is the whole text.
 */
export class Automaton {
  readonly states: AutomatonState[] = [];
  readonly #starts: number[] = [];

  state(): number {
    if (this.states.length === mostStates) throw new AutomatonTooLarge();
    return this.states.push({ bytes: [], empty: [], calls: [], final: false }) - 1;
  }

  at(state: number): AutomatonState {
    return this.states[state]!;
  }

  /** A new rule, to be filled by {@link define}: so a rule can be called before it is known. */
  declare(): number {
    return this.#starts.push(this.state()) - 1;
  }

  define(rule: number, piece: Piece): void {
    const end = this.state();
    this.at(end).final = true;
    piece(this, this.start(rule), end);
  }

  start(rule: number): number {
    return this.#starts[rule]!;
  }

  get rules(): number {
    return this.#starts.length;
  }
}

export const nothing: Piece = (automaton, from, to) => void automaton.at(from).empty.push(to);

/** One byte from `lo` to `hi`. */
export function byteRange(lo: number, hi: number): Piece {
  return (automaton, from, to) => void automaton.at(from).bytes.push({ lo, hi, to });
}

/** Exactly this text, in UTF-8. */
export function text(value: string): Piece {
  return sequence(...[...Buffer.from(value, 'utf8')].map((byte) => byteRange(byte, byte)));
}

export function callRule(rule: number): Piece {
  return (automaton, from, to) => void automaton.at(from).calls.push({ rule, to });
}

/** All, one after the other. */
export function sequence(...pieces: Piece[]): Piece {
  if (pieces.length === 0) return nothing;
  return (automaton, from, to) => {
    let at = from;
    pieces.forEach((piece, index) => {
      const next = index === pieces.length - 1 ? to : automaton.state();
      piece(automaton, at, next);
      at = next;
    });
  };
}

/** Any one of them. */
export function either(...pieces: Piece[]): Piece {
  return (automaton, from, to) => {
    for (const piece of pieces) {
      // Each on states of its own: a loop in one of them must not be open to the others.
      const [first, last] = [automaton.state(), automaton.state()];
      nothing(automaton, from, first);
      piece(automaton, first, last);
      nothing(automaton, last, to);
    }
  };
}

export function optional(piece: Piece): Piece {
  return either(piece, nothing);
}

/** `least` to `most` times; `most` may be Infinity. */
export function repeated(piece: Piece, least: number, most: number): Piece {
  return (automaton, from, to) => {
    let at = from;
    for (let count = 0; count < least; count++) at = appended(automaton, piece, at);
    if (most === Infinity) {
      const hub = appended(automaton, nothing, at);
      piece(automaton, hub, hub);
      at = hub;
    } else {
      for (let count = least; count < most; count++) {
        nothing(automaton, at, to);
        at = appended(automaton, piece, at);
      }
    }
    nothing(automaton, at, to);
  };
}

function appended(automaton: Automaton, piece: Piece, from: number): number {
  const next = automaton.state();
  piece(automaton, from, next);
  return next;
}
