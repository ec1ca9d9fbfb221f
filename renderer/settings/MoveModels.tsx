import { FolderInput } from 'lucide-react';
import { Button } from '../controls/Button.js';
import { ProgressLine } from '../controls/ProgressLine.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored, useStores } from '../stores/all-stores.js';

/** Models that were fetched into another folder before: they are used from there, or moved. */
export function MoveModels() {
  const text = useText();
  const said = useSaid();
  const amounts = useAmounts();
  const { models, attempt } = useStores();
  const storage = useStored('models', (state) => state.storage);
  if (storage === null) return null;
  const { former, moving, problem } = storage;
  const count = former.reduce((sum, place) => sum + place.models, 0);
  const bytes = amounts.bytes(former.reduce((sum, place) => sum + place.bytes, 0));
  return (
    <div className="flex flex-col gap-3 empty:hidden">
      {former.map((place) => (
        <p key={place.folder} className="text-sm break-words text-ink-soft">
          {text('storage.former', { count: place.models, bytes: amounts.bytes(place.bytes), folder: place.folder })}
        </p>
      ))}
      {problem !== null && <p role="alert" className="text-sm break-words text-bad">{said(problem)}</p>}
      {moving === null && count > 0 && (
        <div>
          <Button onPress={() => attempt(models.getState().moveAll())}>
            <FolderInput aria-hidden className="size-4" />
            {text('storage.move', { count, bytes })}
          </Button>
        </div>
      )}
      {moving !== null && (
        <div className="flex items-center gap-3">
          <div className="flex min-w-0 flex-1 flex-col gap-1">
            <ProgressLine label={text('storage.moving')} value={moving.totalBytes === 0 ? 0 : moving.doneBytes / moving.totalBytes} />
            <p className="text-xs tabular-nums text-ink-soft">
              {text('models.progress', {
                done: amounts.bytes(moving.doneBytes), total: amounts.bytes(moving.totalBytes), rate: amounts.rate(moving.bytesPerSecond),
              })}
              {moving.secondsLeft !== null && ` · ${text('models.left', { time: amounts.seconds(moving.secondsLeft) })}`}
            </p>
          </div>
          <Button look="quiet" onPress={() => attempt(models.getState().stopMove())}>{text('action.cancel')}</Button>
        </div>
      )}
    </div>
  );
}
