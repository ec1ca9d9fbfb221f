import { useEffect, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';

/** Pairs two laptops, from either side: this one waits, or calls another. */
export function PairingSheet({ host, close }: { host: string | null; close: () => void }) {
  const text = useText();
  const { home, attempt } = useStores();
  const pairing = useStored('home', (state) => state.pairing);
  const [typed, setTyped] = useState('');
  const command = home.getState().command;
  useEffect(() => {
    attempt(command(host === null ? { kind: 'openPairing' } : { kind: 'pairWith', host }));
  }, [host, command, attempt]);
  const { step } = pairing;
  return (
    <Sheet title={text('pairing.title')} isOpen close={close}>
      <div aria-live="polite" className="flex flex-col gap-4 text-sm">
        {(step === 'open' || step === 'closed') && (
          <>
            <p>{text('pairing.open')}</p>
            <form
              className="flex items-end gap-2"
              onSubmit={(event) => {
                event.preventDefault();
                if (typed.trim() !== '') attempt(command({ kind: 'pairWith', host: typed.trim() }));
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
        )}
        {step === 'calling' && <p>{text('pairing.calling')}</p>}
        {step === 'compare' && (
          <>
            <p>{text('pairing.compare', { peer: pairing.peer })}</p>
            <p className="text-center font-mono text-4xl font-semibold tracking-[0.25em]">{pairing.digits}</p>
            <div className="flex justify-end gap-2">
              <Button look="bad" onPress={() => attempt(command({ kind: 'digitsAgree', agree: false }))}>{text('pairing.differ')}</Button>
              <Button look="main" onPress={() => attempt(command({ kind: 'digitsAgree', agree: true }))}>{text('pairing.same')}</Button>
            </div>
          </>
        )}
        {step === 'code' && (
          <form
            className="flex items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              if (typed.trim() !== '') attempt(command({ kind: 'codeTyped', code: typed.trim() }));
              setTyped('');
            }}
          >
            <TextField value={typed} onChange={setTyped} autoFocus className="flex flex-1 flex-col gap-1">
              <Label className="font-medium">{text('pairing.code', { peer: pairing.peer })}</Label>
              <Input className="rounded-xl border border-line-strong bg-ground px-3 py-2 font-mono" />
            </TextField>
            <Button look="main" type="submit">{text('laptops.pair')}</Button>
          </form>
        )}
        {step === 'paired' && <p className="rounded-xl bg-good-soft p-3 text-good">{text('pairing.paired', { peer: pairing.peer })}</p>}
        {step === 'failed' && <p role="alert" className="rounded-xl bg-bad-soft p-3 text-bad">{pairing.sentence}</p>}
        <div className="flex justify-end">
          <Button look={step === 'paired' ? 'main' : 'quiet'} onPress={close}>{text(step === 'paired' ? 'pairing.done' : 'action.cancel')}</Button>
        </div>
      </div>
    </Sheet>
  );
}
