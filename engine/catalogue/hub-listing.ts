import { z } from 'zod';
import { DownloadFailedError } from './catalogue-errors.js';
import type { HubEndpoint } from './hub-endpoint.js';
import { gitSha1, sha256, type ListedFile } from './hub-file.js';
import { askJson, parseAnswer, type JsonAnswer } from './hub-json.js';
import type { HubReply, HubRequestOptions } from './hub-request.js';
import type { ModelReference } from './model-reference.js';

export interface RepositoryListing {
  /** The commit that the revision means now; the revision itself where the server does not say. */
  commit: string;
  files: ListedFile[];
  /** As the repository's card names it, e.g. `apache-2.0`; null where it names none. */
  licence: string | null;
}

const byteCount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const card = z.object({ license: z.string().max(200).nullish(), license_name: z.string().max(200).nullish() });

const modelInfo = z.object({
  // A card is written by hand: one that says something odd about its licence says nothing.
  cardData: card.nullish().catch(null),
  sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: byteCount.nullish(),
      blobId: gitSha1.nullish(),
      lfs: z.object({ sha256, size: byteCount }).nullish(),
    }),
  ),
});

const treePage = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    size: byteCount,
    oid: gitSha1.nullish(),
    lfs: z.object({ oid: sha256, size: byteCount }).nullish(),
  }),
);

const mostPages = 100;

type Asking = Pick<HubRequestOptions, 'stallMs' | 'signal'>;

/**
 * What a repository holds at a revision: one request where the server tells sizes and checksums with it, the file tree
 * besides where it does not. @throws DownloadFailedError, TransientError
 */
export async function listRepository(
  hub: HubEndpoint,
  reference: ModelReference,
  asking: Asking,
): Promise<RepositoryListing> {
  const { repo, revision } = reference;
  const info = await askJson(
    hub,
    reference,
    `api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`,
    asking,
  );
  if (info.missing) return { commit: revision, files: await listTree(hub, reference, revision, asking), licence: null };
  const { sha, siblings, cardData } = parseAnswer(hub, modelInfo, info.value);
  const commit = sha ?? revision;
  // `other` stands for a licence with a name of its own.
  const licence = (cardData?.license === 'other' ? cardData.license_name : null) ?? cardData?.license ?? null;
  const files = siblings.map((file) => ({
    path: file.rfilename,
    size: file.lfs?.size ?? file.size ?? null,
    sha256: file.lfs?.sha256 ?? null,
    gitSha1: file.lfs ? null : (file.blobId ?? null),
  }));
  if (files.every((file) => file.size !== null)) return { commit, files, licence };
  // Mirrors may know the file names only; the tree, where they have one, knows the rest.
  const tree = await listTree(hub, reference, commit, asking).catch((error: unknown) => {
    if (error instanceof DownloadFailedError && error.code === 'NOT_FOUND') return files;
    throw error;
  });
  return { commit, files: tree, licence };
}

async function listTree(
  hub: HubEndpoint,
  reference: ModelReference,
  commit: string,
  asking: Asking,
): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  let path: string | null = `api/models/${reference.repo}/tree/${encodeURIComponent(commit)}?recursive=true`;
  for (let page = 0; path !== null && page < mostPages; page++) {
    const answer: JsonAnswer = await askJson(hub, reference, path, asking);
    if (answer.missing) throw answer.missing;
    for (const entry of parseAnswer(hub, treePage, answer.value)) {
      if (entry.type !== 'file') continue;
      const { lfs } = entry;
      const checksums = lfs ? { sha256: lfs.oid, gitSha1: null } : { sha256: null, gitSha1: entry.oid ?? null };
      files.push({ path: entry.path, size: lfs?.size ?? entry.size, ...checksums });
    }
    path = nextPage(hub, answer.reply);
  }
  return files;
}

/** The `rel="next"` link of a paged answer, if it stays at the endpoint. */
function nextPage(hub: HubEndpoint, reply: HubReply): string | null {
  const link = reply.headers['link'];
  const target = /<([^>]+)>\s*;\s*rel="next"/.exec(Array.isArray(link) ? link.join(',') : (link ?? ''))?.[1];
  if (target === undefined) return null;
  const url = new URL(target, hub.base);
  return url.origin === hub.base.origin ? url.href : null;
}
