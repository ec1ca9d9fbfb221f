import { z } from 'zod';
import { DownloadFailedError } from './catalogue-errors.js';
import type { HubEndpoint } from './hub-endpoint.js';
import { refusal } from './hub-refusal.js';
import { asTransient, hubRequest, type HubReply, type HubRequestOptions } from './hub-request.js';
import type { ModelReference } from './model-reference.js';

/** A file as the server lists it; what it does not tell is null. */
export interface ListedFile {
  path: string;
  size: number | null;
  sha256: string | null;
  gitSha1: string | null;
}

export interface RepositoryListing {
  /** The commit that the revision means now; the revision itself where the server does not say. */
  commit: string;
  files: ListedFile[];
}

const byteCount = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const gitSha1 = z.string().regex(/^[0-9a-f]{40}$/);

const modelInfo = z.object({
  sha: z.string().regex(/^[0-9a-f]{7,64}$/).nullish(),
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

const largestAnswer = 32 << 20;
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
  const info = await askJson(hub, reference, `api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`, asking);
  if (info.missing) return { commit: revision, files: await listTree(hub, reference, revision, asking) };
  const { sha, siblings } = parseAnswer(hub, modelInfo, info.value);
  const commit = sha ?? revision;
  const files = siblings.map((file) => ({
    path: file.rfilename,
    size: file.lfs?.size ?? file.size ?? null,
    sha256: file.lfs?.sha256 ?? null,
    gitSha1: file.lfs ? null : (file.blobId ?? null),
  }));
  if (files.every((file) => file.size !== null)) return { commit, files };
  // Mirrors may know the file names only; the tree, where they have one, knows the rest.
  const tree = await listTree(hub, reference, commit, asking).catch((error: unknown) => {
    if (error instanceof DownloadFailedError && error.code === 'NOT_FOUND') return files;
    throw error;
  });
  return { commit, files: tree };
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

/** Where a file's bytes are asked for, relative to the endpoint. */
export function filePath(repo: string, commit: string, path: string): string {
  return `${repo}/resolve/${encodeURIComponent(commit)}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Asks for one file's size and checksum, for servers that list names only. */
export async function probeFile(
  hub: HubEndpoint,
  repo: string,
  commit: string,
  file: ListedFile,
  asking: Asking,
): Promise<ListedFile> {
  const reply = await hubRequest(hub, filePath(repo, commit, file.path), { method: 'HEAD', ...asking });
  reply.body.destroy();
  if (reply.status !== 200) throw refusal(hub, repo, `${repo}/${file.path}`, reply);
  const length = reply.headers['content-length'];
  const size = reply.linked.size ?? (length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null);
  const etag = reply.linked.etag ?? '';
  return {
    path: file.path,
    size,
    sha256: file.sha256 ?? sha256.safeParse(etag).data ?? null,
    gitSha1: file.gitSha1 ?? gitSha1.safeParse(etag).data ?? null,
  };
}

type JsonAnswer = { missing: null; value: unknown; reply: HubReply } | { missing: Error };

async function askJson(hub: HubEndpoint, reference: ModelReference, path: string, asking: Asking): Promise<JsonAnswer> {
  const reply = await hubRequest(hub, path, asking);
  if (reply.status !== 200) {
    reply.body.destroy();
    const error = refusal(hub, reference.repo, `model ${reference.repo} at ${reference.revision}`, reply);
    if (reply.status === 404) return { missing: error };
    throw error;
  }
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of reply.body as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > largestAnswer) throw malformed(hub);
    }
  } catch (error) {
    if (error instanceof DownloadFailedError || asking.signal?.aborted) throw error;
    throw asTransient(error, hub.base);
  }
  try {
    return { missing: null, value: JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown, reply };
  } catch {
    throw malformed(hub);
  }
}

function parseAnswer<Shape extends z.ZodType>(hub: HubEndpoint, shape: Shape, value: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw malformed(hub);
  return parsed.data;
}

function malformed(hub: HubEndpoint): DownloadFailedError {
  const sentence = `${hub.base.host} did not answer with a list of files. Check that HF_ENDPOINT names a Hugging Face server.`;
  return new DownloadFailedError('LISTING_MALFORMED', sentence);
}
