import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';

const width = 300;
const height = 64;
const edge = 8;

/** One moment and what was measured then. */
export interface TimePoint {
  at: number;
  value: number;
}

interface TimeChartProps {
  title: string;
  points: readonly TimePoint[];
  /** A value with its unit. */
  shown: (value: number) => string;
}

/** What was measured over time, from zero up to the most there was. */
export function TimeChart({ title, points, shown }: TimeChartProps) {
  const text = useText();
  const amounts = useAmounts();
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  const most = Math.max(...points.map(({ value }) => value));
  const span = Math.max(1, last.at - first.at);
  const line = points.map(({ at, value }) => {
    const x = edge + ((at - first.at) / span) * (width - 2 * edge);
    const y = height - edge - (most === 0 ? 0 : value / most) * (height - 2 * edge);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const label = text('chart.label', { title, last: shown(last.value), most: shown(most), time: amounts.seconds(span / 1000) });
  return (
    <figure className="flex min-w-0 flex-col justify-end gap-1">
      <figcaption className="flex items-baseline justify-between gap-3 text-sm">
        <span className="text-ink-soft">{title}</span>
        <span className="shrink-0 tabular-nums">{shown(last.value)}</span>
      </figcaption>
      <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className="h-16 w-full rounded-xl bg-sunken">
        <polyline points={line.join(' ')} fill="none" className="stroke-accent" strokeWidth="2" strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
      </svg>
      <p aria-hidden className="flex justify-between text-xs text-ink-soft tabular-nums">
        <span>{text('chart.ago', { time: amounts.seconds(span / 1000) })}</span>
        <span>{text('chart.most', { most: shown(most) })}</span>
      </p>
    </figure>
  );
}
