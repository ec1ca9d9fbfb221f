import type { ModelView } from '../../main/bridge-shapes/models.js';
import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';

/** Asks once more before gigabytes that took long to fetch are deleted. */
export function DeleteModelSheet({ row, close }: { row: ModelView; close: () => void }) {
  const text = useText();
  const amounts = useAmounts();
  const { models, attempt } = useStores();
  const remove = (): void => {
    attempt(models.getState().remove(row));
    close();
  };
  return (
    <Sheet title={text('models.delete.ask', { title: row.title })} isOpen close={close}>
      <p className="text-sm text-ink-soft">{text('models.delete.meaning', { bytes: amounts.bytes(row.diskBytes) })}</p>
      <div className="mt-4 flex justify-end gap-2">
        <Button look="quiet" onPress={close}>{text('action.cancel')}</Button>
        <Button look="bad" onPress={remove}>{text('models.delete')}</Button>
      </div>
    </Sheet>
  );
}
