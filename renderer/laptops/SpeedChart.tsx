import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';

const width = 600;
const height = 96;

/** Tokens per second of the last answers, oldest first, as a line from left to right. */
export function SpeedChart({ speeds }: { speeds: readonly number[] }) {
  const text = useText();
  const amounts = useAmounts();
  const most = Math.max(...speeds);
  const points = speeds.map((speed, index) => {
    const x = (index / (speeds.length - 1)) * width;
    return `${x.toFixed(1)},${(height - (speed / most) * (height - 8) - 4).toFixed(1)}`;
  });
  const last = speeds.at(-1) ?? 0;
  const label = text('laptops.speed.chart', { last: amounts.number(last), most: amounts.number(most) });
  return (
    <figure className="flex flex-col gap-1">
      <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className="h-24 w-full rounded-xl bg-sunken">
        <polyline points={points.join(' ')} fill="none" className="stroke-accent" strokeWidth="2" vectorEffect="non-scaling-stroke" />
      </svg>
      <figcaption className="text-xs text-ink-soft">{label}</figcaption>
    </figure>
  );
}
