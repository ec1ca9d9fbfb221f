/** What the bench asks of the peer's process. */
export type ToPeer =
  | { type: 'load'; ggufPath: string; threads: number; contextSize: number; batchSize: number }
  | { type: 'measure'; prompt: number[]; decodeTokens: number };

/** What it answers. */
export type FromPeer =
  | { type: 'loaded'; threads: number; instructionSets: string[] }
  | { type: 'measured'; prefillSeconds: number; decodeSeconds: number }
  | { type: 'failed'; sentence: string };
