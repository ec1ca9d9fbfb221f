import type { Saying } from '../engine/saying.js';
import type { BridgeEvent, CallName, EventName, Outcome, Payload, Reply, WindowBridge } from '../main/bridge.js';

/** A call that main refused or that failed; `said` is what a person is told of it. */
export class BridgeError extends Error {
  constructor(readonly said: Saying) {
    super(said.sentence);
    this.name = 'BridgeError';
  }
}

/** What a person is told of a failure of any kind. */
export function sayingIn(error: unknown): Saying {
  if (error instanceof BridgeError) return error.said;
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', sentence: reason, values: { reason } };
}

/** What the stores need of main; tests make their own. */
export interface MainBridge {
  /** Calls main and gives back its reply. @throws BridgeError */
  call<Name extends CallName>(name: Name, payload: Payload<Name>): Promise<Reply<Name>>;
  /** Hears one kind of event; call what is returned to stop. Main checked the event before it sent it. */
  hear<Name extends EventName>(name: Name, hear: (event: BridgeEvent<Name>) => void): () => void;
}

/** The typed bridge over the two functions that preload put on the window. */
export function bridgeOver(hearth: WindowBridge): MainBridge {
  return {
    async call<Name extends CallName>(name: Name, payload: Payload<Name>): Promise<Reply<Name>> {
      const outcome = (await hearth.call(name, payload)) as Outcome<Name>;
      if (!outcome.ok) throw new BridgeError(outcome);
      return outcome.reply;
    },
    hear: (name, hear) => hearth.listen((which, event) => {
      if (which === name) hear(event as never);
    }),
  };
}
