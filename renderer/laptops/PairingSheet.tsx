import { useEffect, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { PairingSteps } from './PairingSteps.js';

/** Pairs two laptops, from either side: this one waits, or calls another. */
export function PairingSheet({ host, close }: { host: string | null; close: () => void }) {
  const text = useText();
  const { home, attempt } = useStores();
  const step = useStored('home', (state) => state.pairing.step);
  const command = home.getState().command;
  useEffect(() => {
    attempt(command(host === null ? { kind: 'openPairing' } : { kind: 'pairWith', host }));
  }, [host, command, attempt]);
  return (
    <Sheet title={text('pairing.title')} isOpen close={close}>
      <div aria-live="polite" className="flex flex-col gap-4 text-sm">
        {(step === 'open' || step === 'closed') && <CallField />}
        <PairingSteps />
        <div className="flex justify-end">
          <Button look={step === 'paired' ? 'main' : 'quiet'} onPress={close}>{text(step === 'paired' ? 'pairing.done' : 'action.cancel')}</Button>
        </div>
      </div>
    </Sheet>
  );
}

/** While this laptop waits: another can be called by its address. */
function CallField() {
  const text = useText();
  const { home, attempt } = useStores();
  const [typed, setTyped] = useState('');
  return (
    <>
      <p>{text('pairing.open')}</p>
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') attempt(home.getState().command({ kind: 'pairWith', host: typed.trim() }));
          setTyped('');
        }}
      >
        <TextField value={typed} onChange={setTyped} className="flex flex-1 flex-col gap-1">
          <Label className="font-medium">{text('pairing.address')}</Label>
          <Input placeholder="192.168.1.20" className="rounded-xl border border-line-strong bg-ground px-3 py-2" />
        </TextField>
        <Button type="submit" isDisabled={typed.trim() === ''}>{text('pairing.call')}</Button>
      </form>
    </>
  );
}
