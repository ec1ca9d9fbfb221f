import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { Message } from '../../main/bridge-shapes/conversation.js';
import { versionsOf } from '../../main/conversations/conversation.js';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';

/** Leads to the other versions of a message, where there are any. */
export function VersionSwitch({ message }: { message: Message }) {
  const text = useText();
  const { chat: store, attempt } = useStores();
  const versions = versionsOf(store.getState().chat.messages, message);
  const at = versions.indexOf(message.id);
  if (versions.length < 2) return null;
  const show = (index: number) => (): void => {
    const version = versions[index];
    if (version !== undefined) attempt(store.getState().showVersion(version));
  };
  return (
    <div className="flex items-center text-xs text-ink-soft">
      <IconButton icon={ChevronLeft} label={text('version.previous')} isDisabled={at === 0} onPress={show(at - 1)} />
      <span aria-label={text('version.which', { number: at + 1, count: versions.length })} role="img" className="tabular-nums">
        {at + 1}/{versions.length}
      </span>
      <IconButton icon={ChevronRight} label={text('version.next')} isDisabled={at === versions.length - 1} onPress={show(at + 1)} />
    </div>
  );
}
