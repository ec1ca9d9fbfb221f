import { Flame } from 'lucide-react';
import { useText } from '../messages/Text.js';
import { Downloads } from './Downloads.js';

/** What stands where a chat has not begun yet. */
export function Welcome() {
  const text = useText();
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center justify-center gap-3 overflow-y-auto p-6 text-center">
      <span className="flex size-14 items-center justify-center rounded-2xl bg-accent-soft text-accent"><Flame aria-hidden className="size-7" /></span>
      <h2 className="text-2xl font-semibold tracking-tight">{text('welcome.title')}</h2>
      <p className="max-w-md text-ink-soft">{text('welcome.privacy')}</p>
      <Downloads />
    </div>
  );
}
