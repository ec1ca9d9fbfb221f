import { useEffect, useState } from 'react';
import type { EngineState } from '../main/bridge.js';
import { callMain, onMainEvent } from './bridge-client.js';
import { beginAnswer, hearAnswer, noAnswer } from './chat/answer-view.js';
import { PromptBox } from './chat/PromptBox.js';

const engineSays = (engine: EngineState): string =>
  engine.state === 'ready' ? 'Ready' : engine.state === 'starting' ? 'The engine is starting' : engine.sentence;

/** One prompt box, one stream. */
export function App() {
  const [view, setView] = useState(noAnswer);
  const [engine, setEngine] = useState<EngineState>({ state: 'starting' });
  useEffect(() => onMainEvent('answer', (event) => setView((shown) => hearAnswer(shown, event))), []);
  useEffect(() => {
    const stopListening = onMainEvent('engine', setEngine);
    void callMain('engineState', null).then(setEngine);
    return stopListening;
  }, []);

  const fail = (answer: number) => (error: unknown): void => {
    const sentence = error instanceof Error ? error.message : String(error);
    setView((shown) => hearAnswer(shown, { type: 'failed', answer, code: 'CALL_FAILED', sentence }));
  };
  const ask = (prompt: string): void => {
    const next = beginAnswer(view);
    setView(next);
    callMain('ask', { answer: next.answer, prompt }).catch(fail(next.answer));
  };
  const stop = (): void => void callMain('stop', { answer: view.answer }).catch(fail(view.answer));

  return (
    <main>
      <h1>Hearth</h1>
      <p role="status" aria-label="Engine">{engineSays(engine)}</p>
      <PromptBox running={view.running} ask={ask} stop={stop} />
      <output aria-label="Answer" aria-busy={view.running}>{view.text}</output>
      {view.failure !== null && <p role="alert">{view.failure}</p>}
    </main>
  );
}
