import { useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import type { LaptopView } from '../../main/bridge-shapes/home.js';
import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';

/** Gives a laptop of the home another name. */
export function RenameSheet({ laptop: { deviceId, name }, close }: { laptop: LaptopView; close: () => void }) {
  const text = useText();
  const { home, attempt } = useStores();
  const [wanted, setWanted] = useState(name);
  const rename = (): void => {
    attempt(home.getState().command({ kind: 'rename', deviceId, name: wanted.trim() }));
    close();
  };
  return (
    <Sheet title={text('laptops.rename.ask', { name })} isOpen close={close}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.trim() !== '') rename();
        }}
      >
        <TextField value={wanted} onChange={setWanted} maxLength={63} autoFocus className="flex flex-col gap-1">
          <Label className="text-sm font-medium">{text('laptops.name')}</Label>
          <Input className="rounded-xl border border-line-strong bg-ground px-3 py-2 text-sm" />
        </TextField>
        <div className="flex justify-end gap-2">
          <Button look="quiet" onPress={close}>{text('action.cancel')}</Button>
          <Button look="main" type="submit" isDisabled={wanted.trim() === ''}>{text('action.save')}</Button>
        </div>
      </form>
    </Sheet>
  );
}
