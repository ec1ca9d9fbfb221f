/** How a model family writes tool calls. */
export interface ToolDialect {
  name: 'hermes' | 'mistral' | 'llama';
  /** What comes before a call, or a list of calls; empty if nothing does. */
  opening: string;
  /** What comes after it. */
  closing: string;
  /** Calls are written as a JSON list. */
  listed: boolean;
  /** The member that holds a call's arguments. */
  argumentsKey: 'arguments' | 'parameters';
}

/** `<tool_call>{"name": …, "arguments": …}</tool_call>`, as Hermes and Qwen write it. */
export const hermesDialect: ToolDialect = {
  name: 'hermes', opening: '<tool_call>', closing: '</tool_call>', listed: false, argumentsKey: 'arguments',
};

/** `[TOOL_CALLS][{"name": …, "arguments": …}]` */
export const mistralDialect: ToolDialect = {
  name: 'mistral', opening: '[TOOL_CALLS]', closing: '', listed: true, argumentsKey: 'arguments',
};

/** `{"name": …, "parameters": …}` as the whole answer, as Llama 3.1 writes it. */
export const llamaDialect: ToolDialect = {
  name: 'llama', opening: '', closing: '', listed: false, argumentsKey: 'parameters',
};

/** The dialect that a chat template teaches its model; null if the template has no tools. */
export function dialectOf(template: string): ToolDialect | null {
  if (!/\btools\b/.test(template)) return null;
  if (template.includes(mistralDialect.opening)) return mistralDialect;
  if (template.includes(hermesDialect.opening)) return hermesDialect;
  return /["']?parameters["']?/.test(template) ? llamaDialect : hermesDialect;
}
