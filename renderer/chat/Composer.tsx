import { ArrowUp, FileText, Paperclip, Square, X } from 'lucide-react';
import { useEffect, useRef, type DragEvent } from 'react';
import { FileTrigger } from 'react-aria-components';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { ContextMeter } from './ContextMeter.js';
import { visibleText } from './markdown/visible-text.js';
import { readAttachment } from './read-attachment.js';
import { promptFieldId } from './shortcuts.js';

/** Where a person writes, adds files, sends, and stops. */
export function Composer() {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const attach = useAttach();
  const isComing = useStored('chat', (state) => Object.keys(state.coming).length > 0);
  const isEmpty = useStored('chat', (state) => state.draft.text.trim() === '' && state.draft.attachments.length === 0);
  const send = (): void => {
    if (!isComing) attempt(store.getState().send());
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    attach([...event.dataTransfer.files]);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      className="rounded-2xl border border-line-strong bg-surface p-2 shadow-sm transition-colors focus-within:border-accent"
    >
      <Chips />
      <PromptField send={send} />
      <div className="flex items-center gap-1">
        <FileTrigger allowsMultiple onSelect={(files) => attach([...(files ?? [])])}>
          <IconButton icon={Paperclip} label={text('file.attach')} />
        </FileTrigger>
        <ContextMeter />
        <span className="flex-1" />
        {isComing
          ? <IconButton key="stop" icon={Square} label={text('chat.stop')} filled onPress={() => store.getState().stop()} />
          : <IconButton key="send" icon={ArrowUp} label={text('chat.send')} filled type="submit" isDisabled={isEmpty} />}
      </div>
    </form>
  );
}

function useAttach(): (files: readonly File[]) => void {
  const { chat: store, attempt } = useStores();
  const text = useText();
  return (files) => {
    const reading = async (): Promise<void> => {
      for (const file of files) {
        const read = await readAttachment(file);
        if ('problem' in read) throw new Error(text(read.problem, { name: file.name }));
        store.getState().attach(read.attachment);
      }
    };
    attempt(reading());
  };
}

function PromptField({ send }: { send: () => void }) {
  const text = useText();
  const { chat: store } = useStores();
  const written = useStored('chat', (state) => state.draft.text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [written]);
  return (
    <textarea
      id={promptFieldId}
      ref={field}
      rows={1}
      aria-label={text('chat.prompt')}
      placeholder={text('chat.prompt.hint')}
      dir="auto"
      value={written}
      onChange={(event) => store.getState().write(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
        event.preventDefault();
        send();
      }}
      className="block max-h-[40vh] w-full resize-none overflow-y-auto bg-transparent px-2 py-1.5 outline-none placeholder:text-ink-soft"
    />
  );
}

/** The files that go with the next message. */
function Chips() {
  const text = useText();
  const { chat: store } = useStores();
  const attachments = useStored('chat', (state) => state.draft.attachments);
  if (attachments.length === 0) return null;
  return (
    <ul aria-label={text('file.list')} className="flex flex-wrap gap-2 px-1 pb-1">
      {attachments.map(({ name, text: content }, index) => (
        <li key={index} className="flex max-w-64 items-center gap-1.5 rounded-xl bg-sunken py-0.5 pl-3 text-sm">
          <FileText aria-hidden className="size-4 shrink-0 text-ink-soft" />
          <span className="truncate">{visibleText(name)}</span>
          <span className="shrink-0 text-xs text-ink-soft">{text('file.size', { kilobytes: Math.max(1, Math.round(content.length / 1000)) })}</span>
          <IconButton icon={X} label={text('file.remove', { name })} onPress={() => store.getState().detach(index)} />
        </li>
      ))}
    </ul>
  );
}
