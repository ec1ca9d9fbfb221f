/** A server that listens. */
export interface Served {
  /** Base URL, with `/v1`. */
  url: string;
  /** Base URLs for other machines. */
  fromOthers: readonly string[];
  modelId: string;
  /** The model takes conversations; others only go on with a text. */
  chats: boolean;
  needsKey: boolean;
}

/** What a person who just started a server needs to know and types next, line by line. Pure. */
export function servingLines({ url, fromOthers, modelId, chats, needsKey }: Served): string[] {
  const asked = chats ? { messages: [{ role: 'user', content: 'Hello' }] } : { prompt: 'Once upon a time' };
  const body = JSON.stringify({ model: modelId, ...asked }).replaceAll("'", String.raw`'\''`);
  const key = needsKey ? ' -H "Authorization: Bearer $HEARTH_API_KEY"' : '';
  return [
    `Hearth answers at ${url} with the model ${modelId}`,
    ...fromOthers.map((other) => `Other machines reach it at ${other}`),
    `Give programs that base URL, the model name ${modelId} and ${needsKey ? 'your key' : 'any text as the key'}, or type:`,
    `curl ${url}/${chats ? 'chat/completions' : 'completions'} -H "Content-Type: application/json"${key} -d '${body}'`,
  ];
}
