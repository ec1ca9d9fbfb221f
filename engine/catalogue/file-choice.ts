import { ModelUnusableError, WrongUseError } from '../errors.js';
import { saying, type Saying } from '../saying.js';
import { quantisationOf } from './cached-model.js';
import { DownloadFailedError } from './catalogue-errors.js';
import type { ModelReference } from './model-reference.js';
import { isSafeFileName, leavesItsFolder } from './safe-file-name.js';

/** Which files of a repository make the model that was asked for. */
export interface FileChoice {
  format: 'safetensors' | 'gguf';
  /** Small files first, so that a model of an unknown kind can be told before gigabytes have come. */
  paths: string[];
}

const configName = 'config.json';
const sideFiles =
  /^((generation_config|tokenizer[\w-]*|special_tokens_map|added_tokens|chat_template)\.json|chat_template\.jinja)$/;
const shard = /^model-\d{5}-of-(\d{5})\.safetensors$/;
const indexName = 'model.safetensors.index.json';
const pickled = /\.(bin|pt|pth|ckpt|pkl)$/i;

/**
 * Chooses from everything that the repository lists. Pickled weights are never chosen.
 * @throws DownloadFailedError for a listing that lies; ModelUnusableError or WrongUseError naming what to do.
 */
export function chooseFiles(reference: ModelReference, listing: readonly string[]): FileChoice {
  const liar = listing.find(leavesItsFolder);
  if (liar !== undefined) throw unsafe(reference, liar);
  const ggufs = listing.filter((path) => path.toLowerCase().endsWith('.gguf') && !/(^|\/)mmproj/i.test(path));
  const choice =
    reference.selection !== null
      ? { format: 'gguf' as const, paths: [selectGguf(reference, reference.selection, ggufs)] }
      : (chooseSafetensors(reference, listing) ?? chooseOnlyGguf(reference, listing, ggufs));
  const bad = choice.paths.find((path) => !isSafeFileName(path));
  if (bad !== undefined) throw unsafe(reference, bad);
  if (new Set(choice.paths.map((path) => path.toLowerCase())).size !== choice.paths.length) {
    throw new DownloadFailedError(
      'LISTING_MALFORMED',
      `The listing of ${reference.repo} names a file twice. Pull again.`,
      { values: { host: reference.repo } },
    );
  }
  return choice;
}

function chooseSafetensors(reference: ModelReference, listing: readonly string[]): FileChoice | null {
  const weights = weightFiles(reference, listing);
  if (weights.length === 0) return null;
  if (!listing.includes(configName)) {
    const because = saying('REPOSITORY_WITHOUT_CONFIG', 'it has weights but no config.json', {});
    throw unusable(reference, because, 'Pick a repository that holds a whole model.');
  }
  return { format: 'safetensors', paths: [configName, ...listing.filter((path) => sideFiles.test(path)), ...weights] };
}

function weightFiles(reference: ModelReference, listing: readonly string[]): string[] {
  if (listing.includes('model.safetensors')) return ['model.safetensors'];
  const shards = listing.filter((path) => shard.test(path)).sort();
  if (listing.includes(indexName) && shards.length > 0) {
    const count = Number(shard.exec(shards[0] ?? '')?.[1]);
    if (shards.length !== count) {
      const because = saying('REPOSITORY_INCOMPLETE', `it lists ${shards.length} of ${count} weight files`, { there: shards.length, count });
      throw unusable(reference, because, 'Its upload may still be under way: pull again later.');
    }
    return [indexName, ...shards];
  }
  const others = listing.filter((path) => /^(?!adapter|consolidated)[^/]*\.safetensors$/.test(path));
  return others.length === 1 ? others : [];
}

function selectGguf(reference: ModelReference, selection: string, ggufs: readonly string[]): string {
  const wanted = selection.toLowerCase();
  const exact = ggufs.filter((path) => path.toLowerCase() === wanted || path.toLowerCase().endsWith(`/${wanted}`));
  const matches = exact.length > 0 ? exact : ggufs.filter((path) => quantisationOf(path)?.toLowerCase() === wanted);
  if (matches.length === 0) {
    const there = ggufs.length === 0 ? 'it holds no GGUF file' : `choose one of: ${ggufs.join(', ')}`;
    throw new WrongUseError('SELECTION_NOT_FOUND', `${reference.repo} has no '${selection}'; ${there}.`, {
      values: { repo: reference.repo, selection, choice: ggufs.map((path) => `${reference.repo}:${path}`) },
    });
  }
  return oneGguf(reference, matches);
}

function chooseOnlyGguf(reference: ModelReference, listing: readonly string[], ggufs: readonly string[]): FileChoice {
  if (ggufs.length > 0) return { format: 'gguf', paths: [oneGguf(reference, ggufs)] };
  if (listing.some((path) => pickled.test(path))) {
    const because = saying('REPOSITORY_PICKLED', 'it holds pickled weights only, which can run code when they are read', {});
    throw unusable(reference, because, 'Pick a repository with .safetensors or .gguf files.');
  }
  const none = saying('REPOSITORY_WITHOUT_WEIGHTS', 'it holds no model weights', {});
  throw unusable(reference, none, 'Pick a repository with .safetensors or .gguf files.');
}

function oneGguf(reference: ModelReference, ggufs: readonly string[]): string {
  const [first = ''] = ggufs;
  if (/-\d{5}-of-\d{5}\.gguf$/i.test(first)) {
    const because = saying('REPOSITORY_SPLIT_GGUF', `${first} is one part of a split GGUF`, { file: first });
    throw unusable(reference, because, 'Choose a quantisation that is one file.');
  }
  if (ggufs.length === 1) return first;
  const choice = ggufs.map((path) => `${reference.repo}:${path}`);
  throw new WrongUseError('SELECTION_AMBIGUOUS', `${reference.repo} holds several GGUF files; say which: ${choice.join(', ')}.`, {
    values: { repo: reference.repo, choice },
  });
}

function unusable(reference: ModelReference, because: Saying, advice: string): ModelUnusableError {
  return new ModelUnusableError('REPOSITORY_UNUSABLE', reference.repo, because.sentence, advice, { values: { because: [because] } });
}

function unsafe(reference: ModelReference, path: string): DownloadFailedError {
  const what = `The listing of ${reference.repo} holds the unsafe file name ${JSON.stringify(path)}`;
  return new DownloadFailedError('UNSAFE_FILE_NAME', `${what}; nothing was downloaded. Check HF_ENDPOINT.`, {
    values: { repo: reference.repo, name: path },
  });
}
