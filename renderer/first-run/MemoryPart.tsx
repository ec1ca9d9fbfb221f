import { Section } from '../controls/Page.js';
import { SliderField } from '../controls/SliderField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { largestFitting } from '../stores/first-run-store.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { memoryRange } from '../settings/memory-range.js';

/** How much memory this laptop gives, and which models that allows. */
export function MemoryPart() {
  const text = useText();
  const amounts = useAmounts();
  const { firstRun } = useStores();
  const machine = useStored('firstRun', (state) => state.machine);
  const wanted = useStored('firstRun', (state) => state.memoryBytes);
  const offered = useStored('home', ({ home }) => home?.laptops.find(({ isSelf }) => isSelf)?.capacity?.memoryBytes ?? null);
  if (machine === null) return null;
  const value = wanted ?? offered ?? machine.memoryBytes / 2;
  const all = amounts.bytes(machine.memoryBytes);
  return (
    <Section title={text('settings.memory')} meaning={text('first.memory.meaning')}>
      <SliderField
        label={text('first.memory')} value={value} {...memoryRange(machine.memoryBytes)}
        change={firstRun.getState().setMemory} shown={(bytes) => text('first.memory.of', { bytes: amounts.bytes(bytes), all })}
      />
      <Allowed />
    </Section>
  );
}

/** What the planner says that this much memory allows. */
function Allowed() {
  const text = useText();
  const amounts = useAmounts();
  const models = useStored('firstRun', (state) => state.models);
  if (models === null || models.every(({ fit }) => fit === null)) return <p className="text-sm text-ink-soft">{text('first.allows.asking')}</p>;
  const best = largestFitting(models);
  const tight = models.filter(({ fit }) => fit?.fit === 'tight').length;
  return (
    <p role="status" className="text-sm">
      {best === null ? text('first.allows.none') : text('first.allows', {
        title: best.title, seconds: amounts.seconds(best.fit?.secondsPerToken ?? 0),
      })}
      {tight > 0 && ` ${text('first.allows.tight', { count: tight })}`}
    </p>
  );
}
