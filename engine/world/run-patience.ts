/** How long the shards may take to find each other once the plan is known. */
export const dataLinkTimeoutMs = 20_000;

/**
 * A loss shows on several connections at once, and the one that says least may be the first: how long to wait for the
 * session's word on who was lost, and why.
 */
export const verdictMs = 1_000;

/** How long the others may take to say what they did and needed. */
export const reportTimeoutMs = 5_000;
