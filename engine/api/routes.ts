import type { ServerResponse } from 'node:http';
import { checkModelId, type ApiContext } from './api-context.js';
import { ApiError } from './api-error.js';
import { chatCompletions } from './chat-route.js';
import { completions } from './completion-route.js';
import { sendJson, sendText, type Exchange } from './exchange.js';
import { readJsonBody } from './json-body.js';
import type { ModelHealth } from './served-model.js';

/** The most bytes a request's body may have. */
export interface BodyLimit {
  mostBodyBytes: number;
}

interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  /** As it is counted in metrics. */
  name: string;
  /** Answers without a key: it tells nothing. */
  open?: true;
  answer(context: ApiContext & BodyLimit, exchange: Exchange, match: RegExpExecArray): Promise<void> | void;
}

const routes: readonly Route[] = [
  {
    method: 'GET', path: /^\/(v1\/?)?$/, name: '/', open: true,
    answer: (_, { request, response }) => sendText(response, 200, 'text/plain; charset=utf-8', greeting(request.headers.host ?? '')),
  },
  {
    method: 'GET', path: /^\/health$/, name: '/health', open: true,
    answer: ({ model }, { response }) => sendHealth(response, model.health?.() ?? { ready: true }),
  },
  {
    method: 'GET', path: /^\/metrics$/, name: '/metrics',
    answer: ({ metrics }, { response }) => sendText(response, 200, 'text/plain; version=0.0.4; charset=utf-8', metrics.text()),
  },
  {
    method: 'GET', path: /^\/v1\/models$/, name: '/v1/models',
    answer: (context, { response }) => sendJson(response, 200, { object: 'list', data: [modelObject(context)] }),
  },
  {
    method: 'GET', path: /^\/v1\/models\/(.+)$/, name: '/v1/models/{id}',
    answer: (context, { response }, match) => {
      checkModelId(context, decoded(match[1]!));
      sendJson(response, 200, modelObject(context));
    },
  },
  {
    method: 'POST', path: /^\/v1\/chat\/completions$/, name: '/v1/chat/completions',
    answer: async (context, exchange) =>
      chatCompletions(context, await readJsonBody(exchange.request, context.mostBodyBytes), exchange),
  },
  {
    method: 'POST', path: /^\/v1\/completions$/, name: '/v1/completions',
    answer: async (context, exchange) =>
      completions(context, await readJsonBody(exchange.request, context.mostBodyBytes), exchange),
  },
];

/** A route that a request was matched to. */
export interface Matched {
  name: string;
  open: boolean;
  answer(context: ApiContext & BodyLimit, exchange: Exchange): Promise<void>;
}

/** @throws ApiError 404 for an unknown path, 405 for a known one asked in another way */
export function matchRoute(method: string, path: string): Matched {
  const onPath = routes.filter((route) => route.path.test(path));
  const asked = method === 'HEAD' ? 'GET' : method;
  const route = onPath.find((one) => one.method === asked);
  if (route !== undefined) {
    const match = route.path.exec(path)!;
    return { name: route.name, open: route.open === true, answer: async (context, exchange) => route.answer(context, exchange, match) };
  }
  const place = `${method} ${path.slice(0, 200)}`;
  if (onPath.length === 0) throw new ApiError(404, `Unknown request URL: ${place}. ${whereToAsk(path)}`, { code: 'unknown_url' });
  const allowed = onPath.map((one) => (one.method === 'GET' ? 'GET, HEAD' : one.method)).join(', ');
  throw new ApiError(405, `Not allowed: ${place}. Use ${allowed}.`, { code: 'method_not_supported', headers: { Allow: allowed } });
}

/** For people who look at the address in a browser. */
function greeting(host: string): string {
  return `Hearth is running. Clients of the OpenAI API use http://${host}/v1 as their base URL; GET /v1/models names the model.\n`;
}

function whereToAsk(path: string): string {
  if (!path.startsWith('/v1/')) return 'Use a base URL that ends in /v1.';
  return `This server has ${routes.filter(({ name }) => name.startsWith('/v1/')).map(({ name }) => name).join(', ')}.`;
}

function sendHealth(response: ServerResponse, health: ModelHealth): void {
  if (health.ready) sendJson(response, 200, { status: 'ok' });
  else sendJson(response, 503, { status: 'unavailable', reason: health.reason }, { 'Retry-After': '2' });
}

function modelObject({ modelId, created }: ApiContext): object {
  return { id: modelId, object: 'model', created, owned_by: 'hearth' };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // A stray percent sign: no model is called so.
  }
}
