import type { LaptopView } from '../../main/bridge-shapes/home.js';
import { ProgressLine } from '../controls/ProgressLine.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';

/** How far a laptop's share of the model is on its way to it. */
export function TransferLine({ transfer }: { transfer: NonNullable<LaptopView['transfer']> }) {
  const text = useText();
  const amounts = useAmounts();
  const { step, doneBytes, totalBytes, bytesPerSecond, secondsLeft } = transfer;
  const doing = text(`laptops.transfer.${step}`);
  const known = [
    text('laptops.transfer.of', { done: amounts.bytes(doneBytes), total: amounts.bytes(totalBytes) }),
    ...(bytesPerSecond === 0 ? [] : [amounts.rate(bytesPerSecond)]),
    ...(secondsLeft === null ? [] : [text('models.left', { time: amounts.seconds(secondsLeft) })]),
  ];
  return (
    <div className="flex flex-col gap-1">
      <p className="flex flex-wrap justify-between gap-x-3 text-sm">
        <span>{doing}</span>
        <span className="text-ink-soft tabular-nums">{known.join(' · ')}</span>
      </p>
      <ProgressLine label={doing} value={totalBytes === 0 ? 0 : doneBytes / totalBytes} />
    </div>
  );
}
