import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../controls/Button.js';
import { IconButton } from '../controls/IconButton.js';
import { shownBranch } from '../../main/conversations/conversation.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { Answer } from './Answer.js';
import { Question } from './Question.js';

/** Messages that are there at first, and that come with every wish for earlier ones. */
const page = 30;
/** How near to the end counts as being there (CSS pixels). */
const nearEnd = 80;

/** The shown branch of the chat: its end first, since a chat may be long. It follows the answer unless one scrolls up. */
export function MessageList() {
  const text = useText();
  const { chat: store } = useStores();
  const count = useStored('chat', (state) => state.chat.messages.length);
  const shown = useStored('chat', (state) => state.chat.shown);
  const cut = useStored('chat', (state) => state.chat.cut);
  const lookAt = useStored('chat', (state) => state.lookAt);
  // Text that comes changes neither the number of messages nor the branch, so that this is not drawn again for it.
  const branch = useMemo(() => {
    const { chat } = store.getState();
    return chat.messages.length === count && chat.shown === shown ? shownBranch(chat).map(({ id, role }) => ({ id, role })) : [];
  }, [store, count, shown]);
  const [wanted, setWanted] = useState(page);
  const soughtAt = lookAt === null ? -1 : branch.findIndex(({ id }) => id === lookAt);
  const first = Math.max(0, Math.min(branch.length - wanted, soughtAt === -1 ? Infinity : soughtAt - 2));
  const { scroller, content, atEnd, toEnd } = useFollowing(lookAt);
  return (
    <div className="relative min-h-0 flex-1">
      <div ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label={text('chat.messages')} className="h-full overflow-y-auto">
        <div ref={content} className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-6 sm:px-6">
          {first > 0 && <Button look="quiet" onPress={() => setWanted(branch.length - first + page)}>{text('chat.earlier', { count: first })}</Button>}
          {branch.slice(first).map(({ id, role }) => (
            <div key={id} id={`message-${id}`} className="-mx-3 px-3 [&:not(:last-child)]:[content-visibility:auto] [contain-intrinsic-size:auto_12rem]">
              {id === cut && <Cut />}
              {role === 'user' ? <Question id={id} /> : <Answer id={id} />}
            </div>
          ))}
        </div>
      </div>
      {!atEnd && (
        <div className="absolute right-6 bottom-3 rounded-xl border border-line bg-surface shadow-lg">
          <IconButton icon={ArrowDown} label={text('chat.toEnd')} onPress={toEnd} />
        </div>
      )}
    </div>
  );
}

/** Where the model's memory of the chat begins. */
function Cut() {
  const text = useText();
  return <p className="mb-6 border-t border-dashed border-line-strong pt-2 text-center text-xs text-ink-soft">{text('context.cut')}</p>;
}

/** Keeps the end in view while it grows, until one scrolls away from it; or brings the sought message into view. */
function useFollowing(lookAt: string | null) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const toEnd = (): void => {
    following.current = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };
  useLayoutEffect(() => {
    if (lookAt === null) return toEnd();
    following.current = false;
    document.getElementById(`message-${lookAt}`)?.scrollIntoView({ block: 'center' });
  }, [lookAt]);
  useEffect(() => {
    const area = scroller.current;
    const inner = content.current;
    if (area === null || inner === null) return;
    const seen = (): void => {
      const end = area.scrollHeight - area.scrollTop - area.clientHeight < nearEnd;
      following.current = end;
      setAtEnd(end);
    };
    const grown = new ResizeObserver(() => following.current && area.scrollTo({ top: area.scrollHeight }));
    grown.observe(inner);
    grown.observe(area);
    area.addEventListener('scroll', seen, { passive: true });
    return () => {
      grown.disconnect();
      area.removeEventListener('scroll', seen);
    };
  }, []);
  return { scroller, content, atEnd, toEnd };
}
