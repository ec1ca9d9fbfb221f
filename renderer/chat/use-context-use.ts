import { useMemo } from 'react';
import { shownBranch } from '../../main/conversations/conversation.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { contextUse, type ContextUse } from './context-use.js';

/** How full the model's context is: counted when an answer ends, not while it comes. */
export function useContextUse(): ContextUse | null {
  const { chat: store } = useStores();
  const shown = useStored('chat', (state) => state.chat.shown);
  const cut = useStored('chat', (state) => state.chat.cut);
  const ended = useStored('chat', (state) => state.chat.messages.findLast((message) => message.figures !== null)?.id);
  return useMemo(() => {
    const { chat } = store.getState();
    return contextUse(chat, shownBranch(chat));
    // The count changes with these, and not with every piece of text.
  }, [store, shown, cut, ended]);
}
