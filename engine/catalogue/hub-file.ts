import { z } from 'zod';
import type { HubEndpoint } from './hub-endpoint.js';
import { refusal } from './hub-refusal.js';
import { hubRequest, type HubRequestOptions } from './hub-request.js';

/** A file as the server lists it; what it does not tell is null. */
export interface ListedFile {
  path: string;
  size: number | null;
  sha256: string | null;
  gitSha1: string | null;
}

/** Checksums as servers write them, hex. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const gitSha1 = z.string().regex(/^[0-9a-f]{40}$/);

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
  asking: Pick<HubRequestOptions, 'stallMs' | 'signal'>,
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
