import { useText } from '../messages/Text.js';
import { Button } from '../controls/Button.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { nearlyFull } from './context-use.js';
import { useContextUse } from './use-context-use.js';

/** The choice a person has when the model's context is full: a new chat, or a shorter memory of this one. */
export function ContextBanner() {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const use = useContextUse();
  const whenFull = useStored('chat', (state) => state.chat.settings.whenFull);
  const tooLong = useStored('chat', (state) => state.chat.messages.at(-1)?.failure?.code === 'PROMPT_TOO_LONG');
  const isFull = tooLong || (use !== null && use.used >= use.room * nearlyFull);
  if (!isFull || (whenFull === 'drop-oldest' && !tooLong)) return null;
  return (
    <div role="region" aria-label={text('context.label')} className="flex flex-wrap items-center gap-2 rounded-2xl bg-warn-soft px-4 py-3 text-sm text-warn">
      <p className="min-w-48 flex-1">{text('context.full')}</p>
      <Button onPress={() => attempt(store.getState().startNew())}>{text('chat.new')}</Button>
      <Button onPress={() => attempt(store.getState().dropOldest())}>{text('context.drop')}</Button>
    </div>
  );
}
