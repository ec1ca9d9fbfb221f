import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';

export interface FoldProps {
  title: string;
  meaning?: string;
  children: ReactNode;
}

/** A part that is shown when it is asked for. */
export function Fold({ title, meaning, children }: FoldProps) {
  return (
    <Disclosure className="group rounded-xl border border-line">
      <Heading>
        <Button
          slot="trigger"
          className="flex w-full items-center gap-2 rounded-xl px-3 py-2.5 text-left text-sm font-medium transition-colors hover:bg-hover"
        >
          <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-soft transition-transform group-data-[expanded]:rotate-90" />
          {title}
        </Button>
      </Heading>
      <DisclosurePanel>
        <div className="flex flex-col gap-5 border-t border-line p-3">
          {meaning !== undefined && <p className="text-xs text-balance text-ink-soft">{meaning}</p>}
          {children}
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}
