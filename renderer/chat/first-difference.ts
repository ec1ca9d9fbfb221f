/** From where on two branches are not the same; the length of the shorter one where that is the beginning of the other. Pure. */
export function firstDifference(one: readonly { id: string }[], other: readonly { id: string }[]): number {
  const at = one.findIndex(({ id }, index) => other[index]?.id !== id);
  return at === -1 ? one.length : at;
}
