import { ProgressLine } from '../controls/ProgressLine.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useStored } from '../stores/all-stores.js';

/** The models that are being fetched, where somebody waits for one before the first question. */
export function Downloads() {
  const text = useText();
  const amounts = useAmounts();
  const downloads = useStored('models', (state) => state.downloads);
  if (downloads.length === 0) return null;
  return (
    <ul className="mt-4 flex w-full max-w-sm flex-col gap-4 text-left">
      {downloads.map(({ title, progress }) => {
        const share = progress === null || progress.totalBytes === 0 ? 0 : progress.doneBytes / progress.totalBytes;
        return (
          <li key={title} className="flex flex-col gap-1.5">
            <ProgressLine label={text('models.downloading', { title })} value={share} />
            <p className="text-xs tabular-nums text-ink-soft">
              {text('welcome.fetching', { title, percent: Math.floor(share * 100) })}
              {progress?.secondsLeft != null && ` · ${text('models.left', { time: amounts.seconds(progress.secondsLeft) })}`}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
