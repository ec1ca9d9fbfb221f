import type { BridgeEvent, CallName, EventName, Outcome, Payload, Reply, WindowBridge } from '../main/bridge.js';

declare global {
  interface Window {
    readonly hearth: WindowBridge;
  }
}

/** A call that main refused or that failed; the message is a sentence for a person. */
export class BridgeError extends Error {
  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
    this.name = 'BridgeError';
  }
}

/** Calls main and gives back its reply. @throws BridgeError */
export async function callMain<Name extends CallName>(name: Name, payload: Payload<Name>): Promise<Reply<Name>> {
  const outcome = (await window.hearth.call(name, payload)) as Outcome<Name>;
  if (!outcome.ok) throw new BridgeError(outcome.code, outcome.sentence);
  return outcome.reply;
}

/** Hears one kind of event; call what is returned to stop. Main checked the event before it sent it. */
export function onMainEvent<Name extends EventName>(name: Name, hear: (event: BridgeEvent<Name>) => void): () => void {
  return window.hearth.listen((which, event) => {
    if (which === name) hear(event as BridgeEvent<Name>);
  });
}
