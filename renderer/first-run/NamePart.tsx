import { Input, Label, TextField } from 'react-aria-components';
import { Section } from '../controls/Page.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';

/** What the other laptops of the home call this one. */
export function NamePart() {
  const text = useText();
  const { firstRun } = useStores();
  const known = useStored('home', ({ home }) => home?.laptops.find(({ isSelf }) => isSelf)?.name ?? null);
  const usual = useStored('firstRun', (state) => state.machine?.name ?? '');
  const name = useStored('firstRun', (state) => state.name);
  return (
    <Section title={text('first.name')} meaning={text('first.name.meaning')}>
      <TextField value={name ?? known ?? usual} onChange={firstRun.getState().setName} maxLength={63}>
        <Label className="sr-only">{text('first.name')}</Label>
        <Input className="w-full rounded-xl border border-line-strong bg-ground px-3 py-2 text-sm" />
      </TextField>
    </Section>
  );
}
