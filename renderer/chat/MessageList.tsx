import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../controls/Button.js';
import { IconButton } from '../controls/IconButton.js';
import { shownBranch } from '../../main/conversations/conversation.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { firstDifference } from './first-difference.js';
import { Answer } from './Answer.js';
import { Question } from './Question.js';
import { useHeldBack } from './use-held-back.js';

/** Messages that are there soon, and that come with every wish for earlier ones. */
const page = 30;
/** Messages that are drawn at once, about a window full; the others follow one by one. */
const atOnce = 5;
const atATime = 1;
/** Messages before a sought one that are shown too. */
const context = 2;
/** How near to the end counts as being there (CSS pixels). */
const nearEnd = 80;

/**
 * The shown branch of the chat: its end first, or what is around the sought message, since a chat may be long. It follows the
 * answer unless one scrolls up.
 */
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
  const sought = branch.findIndex(({ id }) => id === lookAt);
  const start = sought === -1 ? branch.length - atOnce : sought - context;
  const [wantedFrom, setWantedFrom] = useState(Math.max(0, sought === -1 ? branch.length - page : start));
  const [before] = useHeldBack(() => Math.max(0, start), wantedFrom, atATime);
  const [after, holdAfter] = useHeldBack(() => Math.max(0, branch.length - Math.max(0, start) - atOnce), 0, atATime);
  const [drawn, setDrawn] = useState(branch);
  if (drawn !== branch) {
    // Another branch may be as long as a chat: what it has in common with this one stays, the rest is drawn bit by bit.
    setDrawn(branch);
    holdAfter(Math.max(0, branch.length - Math.max(before, firstDifference(drawn, branch)) - atOnce));
  }
  const { scroller, content, atEnd, toEnd } = useFollowing(lookAt);
  return (
    <div className="relative min-h-0 flex-1">
      <div ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label={text('chat.messages')} className="h-full overflow-y-auto">
        <div ref={content} className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-6 sm:px-6">
          {before > 0 && (
            <Button look="quiet" onPress={() => setWantedFrom(Math.max(0, before - page))}>{text('chat.earlier', { count: before })}</Button>
          )}
          {branch.slice(before, branch.length - after).map(({ id, role }) => (
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
