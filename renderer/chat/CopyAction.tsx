import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../controls/IconButton.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';

/** A button that copies text, and says for a while that it did. */
export function CopyAction({ text: copied }: { text: string }) {
  const text = useText();
  const { copyText } = useStores();
  const [done, setDone] = useState(false);
  const copy = (): void => void copyText(copied).then(() => {
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  });
  return <IconButton icon={done ? Check : Copy} label={text(done ? 'action.copied' : 'action.copy')} onPress={copy} />;
}
