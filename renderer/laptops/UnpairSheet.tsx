import type { LaptopView } from '../../main/bridge-shapes/home.js';
import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';

/** Asks once more before a laptop is put out of the home. */
export function UnpairSheet({ laptop, close }: { laptop: LaptopView; close: () => void }) {
  const text = useText();
  const { home, attempt } = useStores();
  const unpair = (): void => {
    attempt(home.getState().command({ kind: 'unpair', deviceId: laptop.deviceId }));
    close();
  };
  return (
    <Sheet title={text('laptops.unpair.ask', { name: laptop.name })} isOpen close={close}>
      <p className="text-sm text-ink-soft">{text('laptops.unpair.meaning')}</p>
      <div className="mt-4 flex justify-end gap-2">
        <Button look="quiet" onPress={close}>{text('action.cancel')}</Button>
        <Button look="bad" onPress={unpair}>{text('laptops.unpair')}</Button>
      </div>
    </Sheet>
  );
}
