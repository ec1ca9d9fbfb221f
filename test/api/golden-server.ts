import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { ApiKeys } from '../../engine/api/api-keys.js';
import { OpenAiServer, type ServerSettings } from '../../engine/api/openai-server.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import { goldenModel } from '../golden/golden-model.js';

/** A chat template that tells its model of tools, in the way of Hermes and Qwen. */
export const toolTemplate = `{{ bos_token }}{% if tools %}<|turn|>tools
{% for tool in tools %}{{ tool.function | tojson }}
{% endfor %}Call as <tool_call>{"name": …, "arguments": …}</tool_call>.<|turn_end|>
{% endif %}{% for message in messages %}<|turn|>{{ message['role'] }}
{{ message['content'] }}{% for call in message.tool_calls or [] %}<tool_call>
{{ call.function | tojson }}
</tool_call>{% endfor %}<|turn_end|>
{% endfor %}{% if add_generation_prompt %}<|turn|>assistant
{% endif %}`;

const context = 4096;

/** A copy of a small random model with room for longer answers; its text means nothing, but it is always the same. */
export function goldenFolder(template?: string): string {
  const { path } = goldenModel('llama-gqa');
  const edit = (name: string, change: object): void => {
    const file = join(path, name);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
  };
  edit('config.json', { max_position_embeddings: context });
  if (template !== undefined) edit('tokenizer_config.json', { chat_template: template });
  return path;
}

export interface RunningServer {
  server: OpenAiServer;
  model: LoadedModel;
  modelId: string;
  /** With `/v1`. */
  url: string;
  faults: string[];
  close(): Promise<void>;
}

/** The server in this process, on a free port. */
export async function startGolden(change: Partial<ServerSettings> & { template?: string; contexts?: number } = {}): Promise<RunningServer> {
  const { template, contexts = 1, ...settings } = change;
  const text = await TextModel.open(goldenFolder(template));
  const model = await LoadedModel.load(text, { dtype: null, threads: 1, contextTokens: context, contexts, kvDtype: 'f32' });
  const running = await startServer({ model, ...settings });
  return { ...running, model, close: () => running.close().finally(() => model.close()) };
}

/** A server for any model that can be served. */
export async function startServer(
  settings: Partial<ServerSettings> & Pick<ServerSettings, 'model'>,
): Promise<Omit<RunningServer, 'model'>> {
  const faults: string[] = [];
  const modelId = 'golden';
  const server = await OpenAiServer.start({
    modelId, host: '127.0.0.1', port: 0, keys: new ApiKeys([]), corsOrigins: [], allowedHosts: [],
    mostWaiting: 64, mostBodyBytes: 4 * 2 ** 20, onFault: (line) => void faults.push(line), ...settings,
  });
  return { server, modelId, url: server.url, faults, close: () => server.close() };
}

/** Posts JSON and hands back status and body. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<{
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into it, and fail where it is not so
  json: any;
}> {
  const response = await fetch(url, {
    method: 'POST', headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

/** The value of a metric without labels. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(url.replace(/\/v1$/, '/metrics'))).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? NaN : Number(line.slice(name.length + 1));
}

/** Waits until `look` finds what it looks for, however busy the machine is. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 30_000 });
}
