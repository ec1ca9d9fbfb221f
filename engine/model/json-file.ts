import { ModelUnusableError } from '../errors.js';
import { ModelFile } from '../formats/model-file.js';

/** Larger than any tokenizer.json or shard index in use. */
const LONGEST = 128 * 1024 * 1024;

export interface JsonFile {
  text: string;
  json: Record<string, unknown>;
}

/**
 * Reads one JSON object of a model folder.
 * @throws ModelUnusableError MODEL_FILE_MISSING, MODEL_UNREADABLE, MODEL_JSON_INVALID.
 */
export async function readJsonFile(path: string): Promise<JsonFile> {
  const text = await readTextFile(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalid(path, 'it is not valid JSON', error);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid(path, 'it is not a JSON object');
  return { text, json: json as Record<string, unknown> };
}

/** Reads a text file of a model folder. @throws ModelUnusableError as {@link readJsonFile}. */
export async function readTextFile(path: string): Promise<string> {
  return ModelFile.with(path, async (file) => {
    if (file.size > LONGEST) throw invalid(path, `it has ${file.size} bytes, more than such a file can have`);
    return (await file.read(0, file.size)).toString('utf8');
  });
}

function invalid(path: string, reason: string, cause?: unknown): ModelUnusableError {
  return new ModelUnusableError('MODEL_JSON_INVALID', path, reason, 'Download this file again.', { cause });
}
