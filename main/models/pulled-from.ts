/** Whether a model of the cache is what a pull of `reference` brings: a GGUF's name says which file of it was taken. Pure. */
export function isPulledFrom(name: string, reference: string): boolean {
  if (name === reference) return true;
  const [repo = reference, selection] = reference.split(':');
  return selection !== undefined && name.startsWith(`${repo}:`) && name.toLowerCase().includes(selection.toLowerCase());
}
