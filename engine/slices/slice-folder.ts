import { join, parse, resolve } from 'node:path';

/**
 * Where one node's slice of a model lies: `<model>/<save-dir>/node_<rank>`, for a GGUF file in a folder of its stem beside
 * it. An absolute `saveDir` is taken as it is.
 */
export function sliceFolder(modelPath: string, saveDir: string, rank: number): string {
  const { dir, name, ext } = parse(modelPath);
  const model = ext.toLowerCase() === '.gguf' ? join(dir, name) : modelPath;
  return resolve(model, saveDir, `node_${rank}`);
}
