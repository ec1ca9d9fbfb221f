import { useEffect, useState } from 'react';
import { bridgeOver } from '../bridge-client.js';
import { beginAnswer, hearAnswer, noAnswer } from './answer-view.js';
import { PromptBox } from './PromptBox.js';

/** One prompt box, one stream. */
export function ChatPage() {
  const [bridge] = useState(() => bridgeOver(window.hearth));
  const [view, setView] = useState(noAnswer);
  useEffect(() => bridge.hear('answer', (event) => setView((shown) => hearAnswer(shown, event))), [bridge]);

  const fail = (answer: number) => (error: unknown): void => {
    const sentence = error instanceof Error ? error.message : String(error);
    setView((shown) => hearAnswer(shown, { type: 'failed', answer, code: 'CALL_FAILED', sentence }));
  };
  const ask = (prompt: string): void => {
    const next = beginAnswer(view);
    setView(next);
    bridge.call('ask', { answer: next.answer, prompt }).catch(fail(next.answer));
  };
  const stop = (): void => void bridge.call('stop', { answer: view.answer }).catch(fail(view.answer));

  return (
    <div className="mx-auto flex h-full max-w-3xl flex-col gap-4 p-6">
      <h1 className="text-xl font-semibold">Hearth</h1>
      <PromptBox running={view.running} ask={ask} stop={stop} />
      <output aria-label="Answer" aria-busy={view.running} className="whitespace-pre-wrap">{view.text}</output>
      {view.failure !== null && <p role="alert" className="text-bad">{view.failure}</p>}
    </div>
  );
}
