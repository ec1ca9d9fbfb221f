import { changeId, type RemoveChange } from './home-change.js';

/** Whether `removal` takes the force from `other`: it puts out the author of `other` without having known of it. */
export function undoes(removal: RemoveChange, other: RemoveChange): boolean {
  return removal.device === other.by && removal.version >= other.byVersion && !removal.keeps.includes(changeId(other));
}

/**
 * Of removals that hang on each other, those that start the knot: each is undone only by ones that it undoes itself,
 * directly or through others. Where two members put each other out unknowingly, these are both removals.
 */
export function startOfKnot(removals: readonly RemoveChange[]): RemoveChange[] {
  const above = new Map(removals.map((removal) => [removal, ancestors(removal, removals)]));
  const start = removals.filter((removal) => {
    const over = above.get(removal);
    return over !== undefined && over.size > 0 && [...over].every((other) => above.get(other)?.has(removal));
  });
  // Knots that are tied through additions as well have no such start.
  return start.length > 0 ? start : [...removals];
}

/** All that undo `removal`, or undo what undoes it, and so on. */
function ancestors(removal: RemoveChange, among: readonly RemoveChange[]): Set<RemoveChange> {
  const found = new Set<RemoveChange>();
  const open = [removal];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const other of among) {
      if (found.has(other) || !undoes(other, next)) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}
