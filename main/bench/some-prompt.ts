/** Token ids that differ, the same in every run. */
export function somePrompt(length: number, vocab: number): number[] {
  return Array.from({ length }, (_, i) => 3 + ((i * 7919 + 101) % (vocab - 3)));
}
