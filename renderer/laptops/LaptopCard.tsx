import { Crown, Laptop } from 'lucide-react';
import type { LaptopView } from '../../main/bridge-shapes/home.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { LaptopMenu } from './LaptopMenu.js';
import { TransferLine } from './TransferLine.js';

const lights = { master: 'bg-accent', helper: 'bg-good', undecided: 'bg-warn', away: 'bg-line-strong' };

/** One laptop: its role, its share of the model, its memory and its link, and what is wrong with it. */
export function LaptopCard({ laptop, isPinned }: { laptop: LaptopView; isPinned: boolean }) {
  const text = useText();
  const said = useSaid();
  const role = laptop.paused ? 'paused' : laptop.role;
  return (
    <li aria-label={laptop.name} className="flex flex-col gap-2 rounded-2xl border border-line bg-surface p-4">
      <div className="flex items-center gap-3">
        <span className="relative">
          <Laptop aria-hidden className="size-6 text-ink-soft" />
          <span aria-hidden className={`absolute -right-0.5 -bottom-0.5 size-2.5 rounded-full border-2 border-surface ${lights[laptop.role]}`} />
        </span>
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-medium">
            {laptop.name}{laptop.isSelf && <span className="font-normal text-ink-soft"> · {text('laptops.self')}</span>}
          </h2>
          <p className="flex items-center gap-1 text-sm text-ink-soft">
            {laptop.role === 'master' && <Crown aria-hidden className="size-3.5" />}
            {text(`laptops.role.${role}`)}{isPinned && ` · ${text('laptops.pinned')}`}
          </p>
        </div>
        <LaptopMenu laptop={laptop} isPinned={isPinned} />
      </div>
      <Facts laptop={laptop} />
      {laptop.transfer !== null && <TransferLine transfer={laptop.transfer} />}
      {laptop.problem !== null && <p className="rounded-xl bg-warn-soft p-2.5 text-sm text-warn">{said(laptop.problem)}</p>}
    </li>
  );
}

function Facts({ laptop }: { laptop: LaptopView }) {
  const text = useText();
  const amounts = useAmounts();
  const { share, window: kept, predictedBytes, measuredBytes, capacity, roundTripMs, bytesPerSecond, allReduceSeconds } = laptop;
  const rows: [string, string][] = [];
  if (share !== null) rows.push([text('laptops.share'), text('laptops.share.of', { heads: share.kvHeads, columns: share.ffnColumns })]);
  if (kept !== null) {
    const words = kept.kind === 'off' ? text('laptops.window.off')
      : kept.kind === 'window' ? text('laptops.window.blocks', { blocks: kept.blocks })
      : text('laptops.window.budget', { bytes: amounts.bytes(kept.bytes) });
    rows.push([text('laptops.window'), words]);
  }
  if (predictedBytes !== null) {
    const measured = measuredBytes === null ? '' : `, ${text('laptops.measured', { bytes: amounts.bytes(measuredBytes) })}`;
    rows.push([text('laptops.memory'), text('laptops.predicted', { bytes: amounts.bytes(predictedBytes) }) + measured]);
  } else if (capacity !== null) {
    rows.push([text('laptops.memory'), text('laptops.offers', { bytes: amounts.bytes(capacity.memoryBytes) })]);
  }
  if (roundTripMs !== null) {
    const rate = bytesPerSecond === null ? '' : ` · ${amounts.rate(bytesPerSecond)}`;
    rows.push([text('laptops.link'), amounts.seconds(roundTripMs / 1000) + rate]);
  }
  if (allReduceSeconds !== null) rows.push([text('laptops.allReduce'), amounts.seconds(allReduceSeconds)]);
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="contents"><dt className="text-ink-soft">{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}
