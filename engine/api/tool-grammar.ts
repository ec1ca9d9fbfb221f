import { either, optional, sequence, text, type Automaton, type Piece } from '../generate/constrain/automaton.js';
import { jsonSchemaAutomaton, anyObject, schemaValue, wholeText } from '../generate/constrain/json-schema.js';
import { listText, objectText } from '../generate/constrain/json-text.js';
import { UnsupportedSchemaError } from '../generate/constrain/unsupported-schema.js';
import { invalidRequest } from './api-error.js';
import type { ToolDescription } from './chat-request.js';
import type { ToolDialect } from './tool-dialect.js';

/**
 * What follows a call's opening in an answer.
 *
 * @param single no second call in a list
 * @throws ApiError when a tool with `strict` has a schema that answers cannot be held to
 */
export function toolCallAutomaton(tools: readonly ToolDescription[], dialect: ToolDialect, single: boolean): Automaton {
  const schemas = tools.map((tool, index) => argumentsSchema(tool, index));
  return wholeText((automaton) => {
    const call = either(...tools.map((tool, index) => callOf(automaton, tool, schemas[index], dialect)));
    if (dialect.listed) return listText(call, 1, single ? 1 : Infinity);
    if (dialect.closing === '') return call;
    const lineEnd = optional(text('\n'));
    return sequence(lineEnd, call, lineEnd, text(dialect.closing));
  });
}

function callOf(automaton: Automaton, tool: ToolDescription, schema: unknown, dialect: ToolDialect): Piece {
  const name = { key: text('"name"'), value: text(JSON.stringify(tool.function.name)), required: true };
  const given = { key: text(JSON.stringify(dialect.argumentsKey)), value: schemaValue(automaton, schema), required: true };
  return objectText([name, given], null);
}

/** The schema of a tool's arguments; any object where it says too much to be followed and need not be. */
function argumentsSchema({ function: tool }: ToolDescription, index: number): unknown {
  // No parameters at all means no arguments at all.
  const schema = tool.parameters ?? { type: 'object', additionalProperties: false };
  try {
    jsonSchemaAutomaton(schema);
    return schema;
  } catch (error) {
    if (!(error instanceof UnsupportedSchemaError)) throw error;
    if (tool.strict !== true) return anyObject;
    throw invalidRequest(
      `Invalid schema for function '${tool.name}': ${error.message}`, `tools[${index}].function.parameters`,
      'invalid_function_parameters',
    );
  }
}
