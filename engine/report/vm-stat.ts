/** Pages that macOS gives to whoever asks, without swapping: its `free` leaves out those it reads ahead into. */
const sparePages = ['free', 'inactive', 'speculative'];

/** Bytes that macOS can spare, from what `vm_stat` prints; null where it prints something else. */
export function availableByVmStat(printed: string): number | null {
  const pageBytes = /page size of (\d+) bytes/.exec(printed)?.[1];
  const counts = sparePages.map((kind) => new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(printed)?.[1]);
  if (pageBytes === undefined || counts.includes(undefined)) return null;
  return counts.reduce((sum, count) => sum + Number(count), 0) * Number(pageBytes);
}
