import { HearthError } from '../errors.js';

export type ErrorType =
  | 'invalid_request_error' | 'authentication_error' | 'permission_error' | 'rate_limit_error' | 'server_error';

/** A refusal in the shape of the OpenAI API: HTTP status, and what its `error` object says. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: {
      type?: ErrorType;
      /** The parameter that is wrong, such as `messages[0].content`. */
      param?: string | null;
      code?: string | null;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = new.target.name;
  }

  /** The body of the response. */
  body(): { error: { message: string; type: ErrorType; param: string | null; code: string | null } } {
    const { type = 'invalid_request_error', param = null, code = null } = this.details;
    return { error: { message: this.message, type, param, code } };
  }
}

/** A request that cannot be acted on as given (400). */
export function invalidRequest(message: string, param: string | null = null, code: string | null = null): ApiError {
  return new ApiError(400, message, { param, code });
}

/** What the client hears of any failure: refusals as they are, the rest without inner details. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof HearthError) {
    if (error.exitCode === 2) return invalidRequest(error.message, null, error.code.toLowerCase());
    return new ApiError(503, error.message, { type: 'server_error', code: error.code.toLowerCase() });
  }
  return new ApiError(500, 'The server failed while it was answering.', { type: 'server_error' });
}
