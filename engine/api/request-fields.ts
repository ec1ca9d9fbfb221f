import { z } from 'zod';
import { invalidRequest, type ApiError } from './api-error.js';

type Issue = z.core.$ZodIssue;

/** A field that may only be left out or null. `instead` is a sentence for people. */
export function unsupportedField(instead = 'Leave it out.'): z.ZodType {
  return z.unknown().refine((value) => value === undefined || value === null, { error: instead, params: { unsupported: true } }).optional();
}

/** `body` if it fits `schema`; otherwise the first thing wrong with it, as the OpenAI API says it. */
export function parseFields<T>(schema: z.ZodType<T>, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest('The JSON body of your request must be an object.');
  }
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw refusalOf(parsed.error.issues);
}

function refusalOf(issues: readonly Issue[]): ApiError {
  // A parameter that does not exist is named before one that is only wrong: it is the likelier mistake.
  const issue = issues.find((one) => one.code === 'unrecognized_keys' && one.path.length === 0) ?? issues[0];
  if (issue === undefined) return invalidRequest('The request is not valid.');
  const param = parameterName(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const place = param === null ? '' : ` in '${param}'`;
    const plural = issue.keys.length > 1 ? 's' : '';
    return invalidRequest(`Unrecognized request argument${plural} supplied: ${issue.keys.join(', ')}${place}`.slice(0, 400));
  }
  const name = param ?? 'body';
  if (issue.code === 'custom' && issue.params?.['unsupported'] === true) {
    return invalidRequest(`Unsupported parameter: '${name}' is not supported with this model. ${issue.message}`, param, 'unsupported_parameter');
  }
  if (issue.input === undefined && issue.code !== 'custom') {
    return invalidRequest(`Missing required parameter: '${name}'.`, param, 'missing_required_parameter');
  }
  const code = issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value';
  return invalidRequest(`Invalid value for '${name}': ${issue.message}.`, param, code);
}

/** `messages[0].content`; null for the body as a whole. */
function parameterName(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('')
    .slice(0, 200);
}
