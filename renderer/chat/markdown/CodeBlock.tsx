import { Check, Copy } from 'lucide-react';
import { memo, startTransition, useEffect, useRef, useState } from 'react';
import { useText } from '../../messages/Text.js';
import { useStores } from '../../stores/all-stores.js';
import { codeChunks } from './code-chunks.js';
import { highlighted } from './highlight.js';

/** Coloured when it first comes near the window's edge: a long program costs what is seen of it. */
const Chunk = memo(function Chunk({ language, text }: { language: string; text: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    // Several may come into view at once, and a language's first words cost more: neither may hold the window up.
    const watcher = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && startTransition(() => setSeen(true)), { rootMargin: '50%' });
    if (place.current !== null) watcher.observe(place.current);
    return () => watcher.disconnect();
  }, []);
  return (
    <span ref={place} className="block w-max min-w-full [content-visibility:auto] [contain-intrinsic-size:auto_60rem]">
      {seen ? highlighted(language, text) : text}
    </span>
  );
});

/** Code with its colours, and a button that copies it. */
export const CodeBlock = memo(function CodeBlock({ language, text }: { language: string; text: string }) {
  const say = useText();
  return (
    <figure className="overflow-hidden rounded-xl border border-line bg-code">
      <figcaption className="flex items-center justify-between gap-2 border-b border-line py-1 pr-1.5 pl-4 text-xs text-ink-soft">
        <span>{language === '' ? say('code.plain') : language.slice(0, 30)}</span>
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0} dir="ltr" className="overflow-x-auto px-4 py-3 font-mono text-[0.875em] leading-relaxed">
        <code>{codeChunks(text).map((chunk, index) => <Chunk key={index} language={language} text={chunk} />)}</code>
      </pre>
    </figure>
  );
});

const copiedMs = 2_000;

export function CopyButton({ text }: { text: string }) {
  const say = useText();
  const { copyText } = useStores();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), copiedMs);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  const copy = (): void => void copyText(text).then(() => setCopied(true));
  return (
    <button
      type="button"
      onClick={copy}
      className="inline-flex items-center gap-1.5 rounded-lg px-2 py-1 text-xs text-ink-soft transition-colors hover:bg-hover hover:text-ink"
    >
      <Icon aria-hidden className="size-3.5" />
      <span aria-live="polite">{say(copied ? 'action.copied' : 'action.copy')}</span>
    </button>
  );
}
