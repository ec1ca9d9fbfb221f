import { useText } from '../messages/Text.js';
import { useStored } from '../stores/all-stores.js';

const lights = { ready: 'bg-good', starting: 'bg-warn animate-pulse', down: 'bg-bad' };

/** How the engine is, in a word. */
export function EngineLight() {
  const text = useText();
  const engine = useStored('engine', (state) => state.engine);
  const word = text(`engine.${engine.state}`);
  return (
    <p role="status" aria-label={text('engine.label')} className="flex flex-col items-center gap-1.5 text-center text-xs text-ink-soft">
      <span aria-hidden className={`size-2 rounded-full ${lights[engine.state]}`} />
      {word}
    </p>
  );
}
