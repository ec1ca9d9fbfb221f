import { createHash } from 'node:crypto';
import { WrongUseError } from '../errors.js';

/** What a person asked to pull: `owner/repo[:file.gguf or quantisation][@revision]`. */
export interface ModelReference {
  /** `owner/repo`. */
  repo: string;
  /** A GGUF file's name, or a quantisation such as `Q4_K_M`; null = the repository's safetensors, or its only GGUF. */
  selection: string | null;
  /** A branch, tag or commit. */
  revision: string;
}

export const defaultRevision = 'main';
const repoPart = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;

/** @throws WrongUseError for anything that is not of that form. */
export function parseReference(text: string): ModelReference {
  const match = /^([^/:@\s]+)\/([^/:@\s]+)(?::([^@\s]+))?(?:@(\S+))?$/.exec(text);
  const [, owner = '', repo = '', selection, revision] = match ?? [];
  const named = [owner, repo].every((part) => repoPart.test(part) && !/--|\.\./.test(part));
  if (!named || (revision !== undefined && !isRevision(revision))) {
    const sentence = `'${text}' does not name a model; write owner/repo, owner/repo:Q4_K_M or owner/repo:file.gguf.`;
    throw new WrongUseError('MODEL_NAME_MALFORMED', sentence, { values: { reference: text } });
  }
  return { repo: `${owner}/${repo}`, selection: selection ?? null, revision: revision ?? defaultRevision };
}

function isRevision(revision: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(revision) && !/\.\.|\/\/|\/$/.test(revision);
}

/** The name that the model goes by in the cache. `ggufFile` is null for safetensors. */
export function modelName(reference: ModelReference, ggufFile: string | null): string {
  const file = ggufFile === null ? '' : `:${ggufFile}`;
  const revision = reference.revision === defaultRevision ? '' : `@${reference.revision}`;
  return reference.repo + file + revision;
}

/** The folder of the models folder that a model lives in: its name without characters that some file system refuses. */
export function entryName(name: string): string {
  const plain = name.replace(/[/:]/g, '--').replace(/[^A-Za-z0-9._@-]/g, '-');
  if (plain === name.replace(/[/:]/g, '--') && plain.length <= 160) return plain;
  return `${plain.slice(0, 140)}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
