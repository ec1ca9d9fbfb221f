import { useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { Button } from '../controls/Button.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored, useStores } from '../stores/all-stores.js';

/** Where a pairing stands once another laptop takes part, and what the person does about it. */
export function PairingSteps() {
  const text = useText();
  const said = useSaid();
  const { home, attempt } = useStores();
  const pairing = useStored('home', (state) => state.pairing);
  const command = home.getState().command;
  const agree = (same: boolean) => (): void => attempt(command({ kind: 'digitsAgree', agree: same }));
  switch (pairing.step) {
    case 'open':
    case 'closed':
      return null;
    case 'calling':
      return <p>{text('pairing.calling')}</p>;
    case 'compare':
      return (
        <>
          <p>{text('pairing.compare', { peer: pairing.peer })}</p>
          <p className="text-center font-mono text-4xl font-semibold tracking-[0.25em]">{pairing.digits}</p>
          <div className="flex justify-end gap-2">
            <Button look="bad" onPress={agree(false)}>{text('pairing.differ')}</Button>
            <Button look="main" onPress={agree(true)}>{text('pairing.same')}</Button>
          </div>
        </>
      );
    case 'code':
      return <CodeField peer={pairing.peer} />;
    case 'paired':
      return <p className="rounded-xl bg-good-soft p-3 text-good">{text('pairing.paired', { peer: pairing.peer })}</p>;
    case 'failed':
      return <p role="alert" className="rounded-xl bg-bad-soft p-3 text-bad">{said(pairing)}</p>;
  }
}

/** For the code that a laptop without a window shows. */
function CodeField({ peer }: { peer: string }) {
  const text = useText();
  const { home, attempt } = useStores();
  const [typed, setTyped] = useState('');
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== '') attempt(home.getState().command({ kind: 'codeTyped', code: typed.trim() }));
      }}
    >
      <TextField value={typed} onChange={setTyped} autoFocus className="flex flex-1 flex-col gap-1">
        <Label className="font-medium">{text('pairing.code', { peer })}</Label>
        <Input className="rounded-xl border border-line-strong bg-ground px-3 py-2 font-mono" />
      </TextField>
      <Button look="main" type="submit">{text('laptops.pair')}</Button>
    </form>
  );
}
