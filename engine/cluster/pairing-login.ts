import { client, ready, server } from '@serenity-kit/opaque';

/**
 * The code itself never crosses the wire: both ends run OPAQUE (RFC 9807), a password-authenticated key exchange. Who
 * listens in, or stands between, gets one guess per try and nothing to test guesses on.
 */
export interface LoginEnds {
  /** Device ID of the end that showed the code. */
  readonly holderId: string;
  /** Device ID of the end where it was typed. */
  readonly typistId: string;
  /** The link's, chosen afresh by the listener: what was said on one link is worth nothing on another. */
  readonly nonce: string;
}

/**
 * Stretching guards stored records against guessing for years. This one lives for one try, in memory, beside the code.
 */
const keyStretching = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } };

/** To be awaited once before the functions below. */
export const loginReady: Promise<void> = ready;

export interface TypistStart {
  readonly request: string;
  /** The proof for the holder; undefined when the other end does not know the code, or is not whom the link says. */
  finish(answer: string): string | undefined;
}

/** The end where the code was typed begins. */
export function startTyping(password: string, ends: LoginEnds): TypistStart {
  const { clientLoginState, startLoginRequest } = client.startLogin({ password });
  return {
    request: startLoginRequest,
    finish: (loginResponse) => {
      try {
        return client.finishLogin({
          clientLoginState, loginResponse, password, keyStretching, identifiers: identifiersOf(ends),
        })?.finishLoginRequest;
      } catch {
        // What is no answer at all proves as little as a wrong one.
        return undefined;
      }
    },
  };
}

export interface HolderAnswer {
  readonly answer: string;
  /** Whether the other end knows the code. */
  check(proof: string): boolean;
}

/** The end that showed the code answers; undefined when the request is none. */
export function answerTyping(password: string, request: string, ends: LoginEnds): HolderAnswer | undefined {
  const identifiers = identifiersOf(ends);
  const userIdentifier = ends.nonce;
  const serverSetup = server.createSetup();
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password });
  const { registrationResponse } = server.createRegistrationResponse({
    serverSetup, userIdentifier, registrationRequest,
  });
  const { registrationRecord } = client.finishRegistration({
    clientRegistrationState, registrationResponse, password, keyStretching, identifiers,
  });
  try {
    const { serverLoginState, loginResponse } = server.startLogin({
      serverSetup, registrationRecord, startLoginRequest: request, userIdentifier, identifiers,
    });
    return { answer: loginResponse, check: (proof) => isProof(serverLoginState, proof, identifiers) };
  } catch {
    return undefined;
  }
}

interface Identifiers {
  client: string;
  server: string;
}

function isProof(serverLoginState: string, finishLoginRequest: string, identifiers: Identifiers): boolean {
  try {
    server.finishLogin({ serverLoginState, finishLoginRequest, identifiers });
    return true;
  } catch {
    return false;
  }
}

function identifiersOf({ holderId, typistId, nonce }: LoginEnds): Identifiers {
  return { client: `hearth pairing ${typistId} ${nonce}`, server: `hearth pairing ${holderId} ${nonce}` };
}
