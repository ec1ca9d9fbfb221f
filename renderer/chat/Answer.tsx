import { RefreshCw, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import type { AnswerProgress, Message } from '../../main/bridge-shapes/conversation.js';
import { Button } from '../controls/Button.js';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { AnswerText } from './markdown/AnswerText.js';
import { CopyAction } from './CopyAction.js';
import { VersionSwitch } from './VersionSwitch.js';

/** What the model answered, or is answering. */
export const Answer = memo(function Answer({ id }: { id: string }) {
  const text = useText();
  const message = useStored('chat', (state) => state.chat.messages.findLast((one) => one.id === id));
  const isComing = useStored('chat', (state) => id in state.coming);
  const progress = useStored('chat', (state) => state.coming[id] ?? null);
  if (message === undefined) return null;
  return (
    <article aria-label={text('chat.answer')} aria-busy={isComing} className="flex flex-col gap-2">
      {message.text !== '' && <AnswerText text={message.text} />}
      {isComing ? <Waiting progress={progress} hasText={message.text !== ''} /> : <Ended message={message} />}
    </article>
  );
});

/** What an answer waits for. */
function Waiting({ progress, hasText }: { progress: AnswerProgress | null; hasText: boolean }) {
  const text = useText();
  if (progress?.type === 'prefill' && progress.doneTokens < progress.totalTokens) {
    const percent = Math.round((progress.doneTokens / Math.max(1, progress.totalTokens)) * 100);
    return (
      <div className="flex max-w-sm flex-col gap-1.5 text-sm text-ink-soft">
        <span>{text('answer.prefill', { done: progress.doneTokens, total: progress.totalTokens })}</span>
        <div role="progressbar" aria-label={text('answer.prefill.label')} aria-valuenow={percent} className="h-1.5 overflow-hidden rounded-full bg-hover">
          <div className="h-full rounded-full bg-accent transition-[width]" style={{ width: `${percent}%` }} />
        </div>
      </div>
    );
  }
  if (progress?.type === 'queued') return <Pulse words={text('answer.queued', { place: progress.place })} />;
  if (progress?.type === 'paused') return <Pulse words={text('answer.paused', { name: progress.name })} />;
  return hasText ? null : <Pulse words={text('answer.thinking')} />;
}

function Pulse({ words }: { words: string }) {
  return (
    <p role="status" className="flex items-center gap-2.5 text-sm text-ink-soft">
      <span aria-hidden className="size-2 animate-pulse rounded-full bg-accent" />
      {words}
    </p>
  );
}

/** How an answer ended, its figures, and what can be done with it. */
function Ended({ message }: { message: Message }) {
  const text = useText();
  const said = useSaid();
  const { chat: store, attempt } = useStores();
  const again = (): void => attempt(store.getState().regenerate(message.id));
  const { figures, end } = message;
  return (
    <>
      {(end === 'failed' || end === null) && (
        <div role="alert" className="flex flex-wrap items-center gap-3 rounded-2xl bg-bad-soft px-4 py-3 text-sm text-bad">
          <TriangleAlert aria-hidden className="size-4 shrink-0" />
          <span className="min-w-0 flex-1 break-words">{message.failure === null ? text('answer.interrupted') : said(message.failure)}</span>
          <Button onPress={again}>{text('answer.retry')}</Button>
        </div>
      )}
      {end === 'full' && <p className="text-sm text-warn">{text('answer.full')}</p>}
      {end === 'stopped' && <p className="text-sm text-ink-soft">{text('answer.stopped')}</p>}
      <div className="-ml-2 flex flex-wrap items-center gap-x-1">
        <VersionSwitch message={message} />
        <CopyAction text={message.text} />
        <IconButton icon={RefreshCw} label={text('answer.again')} onPress={again} />
        {figures !== null && figures.answerTokens > 0 && (
          <p className="ml-1 text-xs text-ink-soft tabular-nums">
            {text('answer.figures', {
              rate: figures.tokensPerSecond, first: figures.ttftMs / 1000, tokens: figures.answerTokens,
            })}
          </p>
        )}
      </div>
    </>
  );
}
