import type { z } from 'zod';
import { DownloadFailedError } from './catalogue-errors.js';
import type { HubEndpoint } from './hub-endpoint.js';
import { refusal } from './hub-refusal.js';
import { asTransient, hubRequest, type HubReply, type HubRequestOptions } from './hub-request.js';
import type { ModelReference } from './model-reference.js';

const largestAnswer = 32 << 20;

/** An answer, or the error to throw if the endpoint has no such thing. */
export type JsonAnswer = { missing: null; value: unknown; reply: HubReply } | { missing: Error };

/** Asks the endpoint for JSON of bounded size. @throws DownloadFailedError, TransientError */
export async function askJson(
  hub: HubEndpoint,
  reference: ModelReference,
  path: string,
  asking: Pick<HubRequestOptions, 'stallMs' | 'signal'>,
): Promise<JsonAnswer> {
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

/** @throws DownloadFailedError `LISTING_MALFORMED` for an answer of another shape. */
export function parseAnswer<Shape extends z.ZodType>(hub: HubEndpoint, shape: Shape, value: unknown): z.infer<Shape> {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw malformed(hub);
  return parsed.data;
}

function malformed(hub: HubEndpoint): DownloadFailedError {
  const advice = 'Check that HF_ENDPOINT names a Hugging Face server.';
  const sentence = `${hub.base.host} did not answer with a list of files. ${advice}`;
  return new DownloadFailedError('LISTING_MALFORMED', sentence, { values: { host: hub.base.host } });
}
