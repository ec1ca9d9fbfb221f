import { Download, MoreHorizontal, Pause, Play, ShieldCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { ModelView } from '../../main/bridge-shapes/models.js';
import { ActionMenu } from '../controls/ActionMenu.js';
import { Button } from '../controls/Button.js';
import { ProgressLine } from '../controls/ProgressLine.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStores } from '../stores/all-stores.js';
import { DeleteModelSheet } from './DeleteModelSheet.js';
import { FitBadge } from './FitBadge.js';

/** One model: what it takes, whether it fits, and what can be done with it. */
export function ModelCard({ row, fetch }: { row: ModelView; fetch: (reference: string) => void }) {
  const text = useText();
  const said = useSaid();
  const amounts = useAmounts();
  const facts = [
    row.totalBytes > 0 ? amounts.bytes(row.totalBytes) : null, row.dtype, row.licence,
    row.fit?.secondsPerToken == null ? null : text('models.speed', { seconds: amounts.seconds(row.fit.secondsPerToken) }),
  ].filter((fact) => fact !== null);
  return (
    <li aria-label={row.title} className="flex flex-col gap-2 rounded-2xl border border-line bg-surface p-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h3 className="min-w-0 flex-1 truncate font-medium" title={row.id}>{row.title}</h3>
        {row.fit !== null && <FitBadge fit={row.fit} />}
        <MainAction row={row} fetch={fetch} />
        <More row={row} />
      </div>
      <p className="text-sm text-ink-soft">{facts.join(' · ')}</p>
      {row.fit !== null && row.fit.fit !== 'yes' && <p className="text-xs text-ink-soft">{said(row.fit.why)}</p>}
      <Activity row={row} />
      {row.problem !== null && <p role="alert" className="text-sm text-bad">{said(row.problem)}</p>}
    </li>
  );
}

function MainAction({ row, fetch }: { row: ModelView; fetch: (reference: string) => void }) {
  const text = useText();
  const { models, settings, attempt } = useStores();
  if (row.activity !== null) {
    return (
      <Button onPress={() => attempt(models.getState().pause(row.id))}>
        <Pause aria-hidden className="size-4" />
        {text('models.pause')}
      </Button>
    );
  }
  if (row.path !== null) {
    const { inUse } = row;
    const use = (): void => attempt(settings.getState().change({ model: row.source === 'guide' ? null : row.path }));
    return (
      <Button look={inUse ? 'plain' : 'main'} isDisabled={inUse} onPress={use}>
        {text(inUse ? 'models.inUse' : 'models.use')}
      </Button>
    );
  }
  if (row.presentBytes > 0) {
    return (
      <Button look="main" onPress={() => attempt(models.getState().pull(row.id))}>
        <Play aria-hidden className="size-4" />
        {text('models.resume')}
      </Button>
    );
  }
  return (
    <Button isDisabled={row.fit?.fit === 'no'} onPress={() => fetch(row.id)}>
      <Download aria-hidden className="size-4" />
      {text('models.fetch')}
    </Button>
  );
}

function More({ row }: { row: ModelView }) {
  const text = useText();
  const { models, attempt } = useStores();
  const [deleting, setDeleting] = useState(false);
  if (row.source === 'suggested' || row.source === 'guide') return null;
  const forget = (): void => attempt(models.getState().remove(row));
  const remove = {
    id: 'remove', label: text(row.source === 'linked' ? 'models.forget' : 'models.delete'), icon: Trash2, isBad: true,
    run: row.source === 'linked' ? forget : () => setDeleting(true),
  };
  const verify = { id: 'verify', label: text('models.verify'), icon: ShieldCheck, run: () => attempt(models.getState().verify(row.id)) };
  return (
    <>
      <ActionMenu
        label={text('models.more', { title: row.title })}
        icon={MoreHorizontal}
        actions={row.source === 'cache' ? [verify, remove] : [remove]}
      />
      {deleting && <DeleteModelSheet row={row} close={() => setDeleting(false)} />}
    </>
  );
}

function Activity({ row: { activity, title } }: { row: ModelView }) {
  const text = useText();
  const amounts = useAmounts();
  if (activity === null) return null;
  const { kind, progress } = activity;
  if (progress === null) return <p className="text-sm text-ink-soft">{text('models.beginning')}</p>;
  const { doneBytes, totalBytes, bytesPerSecond, secondsLeft } = progress;
  return (
    <div className="flex flex-col gap-1">
      <ProgressLine label={text(`models.${kind}`, { title })} value={totalBytes === 0 ? 0 : doneBytes / totalBytes} />
      <p className="text-xs tabular-nums text-ink-soft">
        {text('models.progress', { done: amounts.bytes(doneBytes), total: amounts.bytes(totalBytes), rate: amounts.rate(bytesPerSecond) })}
        {secondsLeft !== null && ` · ${text('models.left', { time: amounts.seconds(secondsLeft) })}`}
      </p>
    </div>
  );
}
