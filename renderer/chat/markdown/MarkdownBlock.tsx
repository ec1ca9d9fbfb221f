import { memo, type ReactNode } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { useText } from '../../messages/Text.js';
import { useStores } from '../../stores/all-stores.js';
import { CodeBlock } from './CodeBlock.js';

/** All that an answer may be made of; whatever else is in it is shown as the text it is. */
const allowedElements = [
  'p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'hr', 'br', 'strong', 'em', 'del', 'a', 'img', 'pre', 'code', 'table',
  'thead', 'tbody', 'tr', 'th', 'td', 'input',
];

/** Only addresses that a browser may be sent to. */
export function safeAddress(address: string): string {
  try {
    return new URL(address).protocol === 'https:' ? address : '';
  } catch {
    return '';
  }
}

function Link({ href, children }: { href?: string | undefined; children?: ReactNode }) {
  const openLink = useStores().openLink;
  if (href === undefined || href === '') return <span>{children}</span>;
  return (
    <a
      href={href}
      title={href}
      onClick={(event) => {
        event.preventDefault();
        openLink(href);
      }}
      onAuxClick={(event) => event.preventDefault()}
      className="text-accent underline decoration-1 underline-offset-2"
    >
      {children}
    </a>
  );
}

/** A picture is not fetched: whoever it comes from would learn that it was looked at. */
function Picture({ alt }: { alt?: string | undefined }) {
  const text = useText();
  return <em className="text-ink-soft">{text('answer.picture', { name: alt ?? '' })}</em>;
}

/** A fence inside a list or a quotation. */
function Fence({ children }: { children?: ReactNode }) {
  const code = (children as { props?: { className?: string; children?: unknown } } | null)?.props;
  const language = /language-(\S+)/.exec(code?.className ?? '')?.[1] ?? '';
  return <CodeBlock language={language} text={typeof code?.children === 'string' ? code.children.replace(/\n$/, '') : ''} />;
}

const components: Components = {
  a: ({ href, children }) => <Link href={href}>{children}</Link>,
  img: ({ alt }) => <Picture alt={alt} />,
  pre: ({ children }) => <Fence>{children}</Fence>,
  // The ticks of a task list, which nobody can tick.
  input: ({ checked }) => <span>{checked === true ? '☑ ' : '☐ '}</span>,
  table: ({ children }) => <div tabIndex={0} role="group" className="overflow-x-auto"><table>{children}</table></div>,
};

const plugins = [remarkGfm];

/** One block of Markdown as elements: no HTML of it ever becomes any. */
export const MarkdownBlock = memo(function MarkdownBlock({ text }: { text: string }) {
  return (
    <Markdown remarkPlugins={plugins} components={components} allowedElements={allowedElements} urlTransform={safeAddress}>
      {text}
    </Markdown>
  );
});
