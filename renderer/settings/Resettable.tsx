import { RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';

export interface ResettableProps {
  name: string;
  shownDefault: string;
  isDefault: boolean;
  reset: () => void;
  children: ReactNode;
}

/** A field with a button beside it that brings its default back. */
export function Resettable({ name, shownDefault, isDefault, reset, children }: ResettableProps) {
  const text = useText();
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">{children}</div>
      <IconButton icon={RotateCcw} label={text('settings.reset', { name, value: shownDefault })} isDisabled={isDefault} onPress={reset} />
    </div>
  );
}
