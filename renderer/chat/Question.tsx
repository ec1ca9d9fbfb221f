import { FileText, Pencil } from 'lucide-react';
import { memo, useState } from 'react';
import { Button } from '../controls/Button.js';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { visibleText } from './markdown/visible-text.js';
import { CopyAction } from './CopyAction.js';
import { VersionSwitch } from './VersionSwitch.js';

/** What a person asked: as it was written, with its files; it can be edited, which begins another branch. */
export const Question = memo(function Question({ id }: { id: string }) {
  const text = useText();
  const message = useStored('chat', (state) => state.chat.messages.find((one) => one.id === id));
  const [editing, setEditing] = useState(false);
  if (message === undefined) return null;
  if (editing) return <EditField id={id} text={message.text} done={() => setEditing(false)} />;
  return (
    <article aria-label={text('chat.you')} className="group flex flex-col items-end gap-1">
      <div dir="auto" className="max-w-[85%] rounded-2xl rounded-br-md bg-hover px-4 py-2.5 break-words whitespace-pre-wrap [overflow-wrap:anywhere] [unicode-bidi:isolate]">
        {visibleText(message.text)}
        {message.attachments.map(({ name, text: content }, index) => (
          <p key={index} className="mt-2 flex items-center gap-2 rounded-lg bg-surface px-3 py-1.5 text-sm first:mt-0">
            <FileText aria-hidden className="size-4 shrink-0 text-ink-soft" />
            <span className="truncate">{visibleText(name)}</span>
            <span className="shrink-0 text-xs text-ink-soft">{text('file.size', { kilobytes: Math.max(1, Math.round(content.length / 1000)) })}</span>
          </p>
        ))}
      </div>
      <div className="flex items-center opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
        <VersionSwitch message={message} />
        <CopyAction text={message.text} />
        <IconButton icon={Pencil} label={text('chat.edit')} onPress={() => setEditing(true)} />
      </div>
    </article>
  );
});

function EditField({ id, text: before, done }: { id: string; text: string; done: () => void }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const [written, setWritten] = useState(before);
  const resend = (): void => {
    done();
    attempt(store.getState().resend(id, written));
  };
  return (
    <form
      className="flex flex-col gap-2 rounded-2xl border border-line-strong bg-surface p-3"
      onSubmit={(event) => {
        event.preventDefault();
        resend();
      }}
    >
      <textarea
        aria-label={text('chat.edit')}
        autoFocus
        rows={Math.min(12, written.split('\n').length + 1)}
        value={written}
        onChange={(event) => setWritten(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            done();
          } else if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            resend();
          }
        }}
        className="w-full resize-none bg-transparent px-1 outline-none"
      />
      <div className="flex justify-end gap-2">
        <Button look="quiet" onPress={done}>{text('action.cancel')}</Button>
        <Button look="main" type="submit" isDisabled={written.trim() === ''}>{text('chat.resend')}</Button>
      </div>
    </form>
  );
}
