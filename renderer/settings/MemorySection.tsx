import { useEffect } from 'react';
import type { AppSettings, MemoryWindow } from '../../main/bridge-shapes/settings.js';
import { ChoiceField } from '../controls/ChoiceField.js';
import { Section } from '../controls/Page.js';
import { SliderField } from '../controls/SliderField.js';
import { SwitchField } from '../controls/SwitchField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { ForecastBox } from './ForecastBox.js';
import { memoryRange } from './memory-range.js';
import { useChange } from './use-change.js';
import { useKept } from './use-kept.js';

/** How much memory this laptop gives and how the home's model uses it, with what the planner says of each choice beside it. */
export function MemorySection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  const { forecast } = useStores();
  const { sharing, memoryWindow, contextTokens } = settings;
  // What is under the person's finger is worked out at once and kept when they let go.
  const [bytes, moveBytes, keepBytes] = useKept(sharing.memoryBytes, (memoryBytes) => change({ sharing: { ...sharing, memoryBytes } }));
  const [held, moveHeld, keepHeld] = useKept(memoryWindow, (next) => change({ memoryWindow: next }));
  // The home and its model may have changed too.
  const standing = useStored('home', ({ home }) => `${home?.model?.name} ${home?.master} ${home?.laptops.map(({ present, paused }) => `${present}${paused}`).join()}`);
  useEffect(() => {
    forecast.getState().wish({ memoryWindow: held, memoryBytes: bytes, contextTokens });
  }, [forecast, held, bytes, contextTokens, standing, settings.model]);
  return (
    <Section title={text('settings.memory.title')} meaning={text('settings.reloads')}>
      <Budget bytes={bytes} move={moveBytes} keep={keepBytes} />
      <WindowChoice held={held} move={moveHeld} keep={keepHeld} />
      <ForecastBox />
    </Section>
  );
}

interface BudgetProps {
  bytes: number | null;
  move: (bytes: number) => void;
  keep: (bytes: number | null) => void;
}

function Budget({ bytes, move, keep }: BudgetProps) {
  const text = useText();
  const amounts = useAmounts();
  const machine = useStored('forecast', (state) => state.machine);
  const offered = useStored('home', ({ home }) => home?.laptops.find(({ isSelf }) => isSelf)?.capacity?.memoryBytes ?? null);
  if (machine === null) return null;
  const range = memoryRange(machine.memoryBytes);
  const start = Math.round((offered ?? machine.memoryBytes / 2) / range.step) * range.step;
  return (
    <>
      <SwitchField
        label={text('settings.memory.auto')} meaning={text('settings.memory.auto.meaning')} on={bytes === null}
        change={(on) => keep(on ? null : Math.max(range.min, start))}
      />
      {bytes !== null && (
        <SliderField
          label={text('settings.memory')} meaning={text('settings.memory.meaning')} value={bytes} {...range} change={move} changed={keep}
          shown={(value) => text('first.memory.of', { bytes: amounts.bytes(value), all: amounts.bytes(machine.memoryBytes) })}
        />
      )}
    </>
  );
}

interface WindowChoiceProps {
  held: MemoryWindow;
  move: (held: MemoryWindow) => void;
  keep: (held: MemoryWindow) => void;
}

function WindowChoice({ held, move, keep }: WindowChoiceProps) {
  const text = useText();
  const most = useStored('forecast', ({ forecast }) => forecast?.mostBlocks ?? null);
  const choices = (['auto', 'window', 'off'] as const).map((value) => ({ value, label: text(`settings.window.${value}`) }));
  const choose = (kind: MemoryWindow['kind']): void => keep(kind === 'window' ? { kind, blocks: 2 } : { kind });
  return (
    <>
      <ChoiceField
        label={text('laptops.window')} meaning={text('settings.window.meaning')} value={held.kind} choices={choices} change={choose}
      />
      {held.kind === 'window' && (
        <SliderField
          label={text('settings.window.blocks')} value={held.blocks} min={2} max={Math.max(held.blocks, most ?? 2, 3)} step={1}
          change={(blocks) => move({ kind: 'window', blocks })} changed={(blocks) => keep({ kind: 'window', blocks })}
          shown={(blocks) => text('laptops.window.blocks', { blocks })}
        />
      )}
    </>
  );
}
