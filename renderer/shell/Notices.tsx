import { X } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../controls/Button.js';
import { IconButton } from '../controls/IconButton.js';
import type { MessageKey } from '../messages/languages.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored } from '../stores/all-stores.js';
import type { Notice } from '../stores/notice-store.js';

/** How long a notice stays (ms); one that tells of trouble stays until it is closed. */
const calmNoticeMs = 10_000;

/** What happened lately, at the lower edge of the window. */
export function Notices() {
  const notices = useStored('notices', (state) => state.notices);
  return (
    <div aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-30 flex flex-col items-center gap-2">
      {notices.map((notice) => <NoticeCard key={notice.id} notice={notice} />)}
    </div>
  );
}

function NoticeCard({ notice }: { notice: Notice }) {
  const text = useText();
  const said = useSaid();
  const dismiss = useStored('notices', (state) => state.dismiss);
  useEffect(() => {
    if (notice.tone === 'bad') return;
    const timer = setTimeout(() => dismiss(notice.id), calmNoticeMs);
    return () => clearTimeout(timer);
  }, [notice, dismiss]);
  const { action } = notice;
  const act = (): void => {
    action?.run();
    dismiss(notice.id);
  };
  const sentence = 'key' in notice.text ? text(notice.text.key as MessageKey, notice.text.values) : said(notice.text.said);
  return (
    <div
      role={notice.tone === 'bad' ? 'alert' : undefined}
      className={`pointer-events-auto flex max-w-xl items-center gap-3 rounded-2xl border py-2 pr-2 pl-4 text-sm shadow-xl
        ${notice.tone === 'bad' ? 'border-bad bg-bad-soft text-bad' : 'border-line bg-surface'}`}
    >
      <span className="min-w-0 break-words">{sentence}</span>
      {action !== null && (
        <Button look="quiet" onPress={act}>{text(action.key as MessageKey)}</Button>
      )}
      <IconButton icon={X} label={text('action.close')} onPress={() => dismiss(notice.id)} />
    </div>
  );
}
