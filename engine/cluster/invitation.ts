import type { WindowChoice } from '../memory/window-choice.js';

/** What a master asks of a helper that it has a member link with: come into this run, as this rank. */
export interface InvitedNodeRequest {
  readonly deviceId: string;
  readonly rank: number;
  /** Where the run's session listens, on the laptop at the other end of the member link. */
  readonly masterPort: number;
  /** The run's join token, as text. */
  readonly token: string;
  readonly worldSize: number;
  readonly window: WindowChoice;
}

/** A helper that was asked in. */
export interface InvitedNode {
  /** Resolves, never rejects, when its part is over, with the reason; empty where it ended in peace. */
  readonly exited: Promise<string>;
  /** Takes the invitation back. */
  kill(): void;
}
