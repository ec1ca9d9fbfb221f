import type { CachedModel } from './cached-model.js';

/** The models that a name means: those with exactly that name, else those that one of its short forms means. */
export function matchModels<Model extends Pick<CachedModel, 'name' | 'dtype'>>(
  name: string,
  models: readonly Model[],
): Model[] {
  const exact = models.filter((model) => model.name === name);
  if (exact.length > 0) return exact;
  const wanted = name.toLowerCase();
  const same = models.filter((model) => model.name.toLowerCase() === wanted);
  if (same.length > 0) return same;
  return models.filter((model) => shortNames(model).some((short) => short.toLowerCase() === wanted));
}

/**
 * Short forms of `owner/repo:file-Q8_0.gguf@revision`: without the revision, without the owner, without the file, with
 * the quantisation for the file, or the file alone with or without its ending.
 */
function shortNames(model: Pick<CachedModel, 'name' | 'dtype'>): string[] {
  const [whole = ''] = model.name.split('@');
  const [repo = '', file] = whole.split(':');
  const heads = [repo, repo.replace(/^.*\//, '')];
  const tails = file === undefined ? [''] : ['', `:${file}`, ...(model.dtype === null ? [] : [`:${model.dtype}`])];
  const short = heads.flatMap((head) => tails.map((tail) => head + tail));
  for (const alone of file === undefined ? [repo] : [file]) {
    short.push(alone, alone.replace(/^.*\//, ''), alone.replace(/^.*\//, '').replace(/\.gguf$/i, ''));
  }
  return short;
}
