import { Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';
import type { ModelView } from '../../main/bridge-shapes/models.js';
import { Section } from '../controls/Page.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { FitBadge } from '../models/FitBadge.js';
import { useStored, useStores } from '../stores/all-stores.js';

/** The model to start with: the guide is here already; others are fetched after the start. */
export function ModelPart() {
  const text = useText();
  const { firstRun } = useStores();
  const models = useStored('firstRun', (state) => state.models);
  const chosen = useStored('firstRun', (state) => state.model);
  if (models === null) return <Section title={text('first.model')}><p className="text-sm text-ink-soft">{text('first.allows.asking')}</p></Section>;
  const inUse = models.find((row) => row.inUse)?.id ?? null;
  return (
    <Section title={text('first.model')} meaning={text('first.model.meaning')}>
      <RadioGroup value={chosen ?? inUse} onChange={firstRun.getState().choose} className="-mx-2 flex flex-col gap-1">
        <Label className="sr-only">{text('first.model')}</Label>
        {models.map((row) => <Choice key={row.id} row={row} />)}
      </RadioGroup>
    </Section>
  );
}

function Choice({ row }: { row: ModelView }) {
  const text = useText();
  const amounts = useAmounts();
  const facts = [
    row.totalBytes > 0 ? amounts.bytes(row.totalBytes) : null,
    row.path === null ? row.licence : text(row.source === 'guide' ? 'models.guide' : 'models.here'),
    row.fit?.secondsPerToken == null ? null : text('models.speed', { seconds: amounts.seconds(row.fit.secondsPerToken) }),
  ].filter((fact) => fact !== null);
  return (
    <RadioField value={row.id} isDisabled={row.fit?.fit === 'no'}>
      <RadioButton
        className="group flex cursor-default items-center gap-3 rounded-xl px-2 py-2 transition-colors data-[disabled]:opacity-60
          data-[focus-visible]:outline-2 data-[hovered]:bg-hover data-[selected]:bg-accent-soft"
      >
        <span
          className="flex size-4.5 shrink-0 items-center justify-center rounded-full border-2 border-line-strong bg-surface
            group-data-[selected]:border-accent"
        >
          <span className="size-2 rounded-full bg-transparent group-data-[selected]:bg-accent" />
        </span>
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="truncate text-sm font-medium">{row.title}</span>
          <span className="text-xs text-ink-soft">{facts.join(' · ')}</span>
        </span>
        {row.fit !== null && <FitBadge fit={row.fit} />}
      </RadioButton>
    </RadioField>
  );
}
