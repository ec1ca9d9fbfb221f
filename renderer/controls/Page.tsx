import type { ReactNode } from 'react';

/** A page that scrolls, with its title and what can be done on it. */
export function Page({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto flex w-full max-w-4xl flex-col gap-5 px-5 py-7 sm:px-8">
        <header className="flex flex-wrap items-center justify-between gap-3">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
        {children}
      </div>
    </div>
  );
}

/** A part of a page with a title of its own. */
export function Section({ title, meaning, children }: { title: string; meaning?: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4 rounded-2xl border border-line bg-surface p-5">
      <div>
        <h2 className="font-semibold">{title}</h2>
        {meaning !== undefined && <p className="text-sm text-balance text-ink-soft">{meaning}</p>}
      </div>
      {children}
    </section>
  );
}
