import { useState } from 'react';
import type { AppSettings, SharingRules } from '../../main/bridge-shapes/settings.js';
import { Section } from '../controls/Page.js';
import { SliderField } from '../controls/SliderField.js';
import { SwitchField } from '../controls/SwitchField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useStored } from '../stores/all-stores.js';
import { useChange } from './use-change.js';

const gigabyte = 1e9;

/** What this laptop gives to its home. */
export function SharingSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  const rules = settings.sharing;
  const set = (changes: Partial<SharingRules>): void => change({ sharing: { ...rules, ...changes } });
  return (
    <Section title={text('settings.sharing')}>
      <SwitchField
        label={text('settings.memory.auto')} meaning={text('settings.memory.auto.meaning')} on={rules.memoryBytes === null}
        change={(on) => set({ memoryBytes: on ? null : 4 * gigabyte })}
      />
      {rules.memoryBytes !== null && <MemorySlider bytes={rules.memoryBytes} changed={(memoryBytes) => set({ memoryBytes })} />}
      <SwitchField label={text('settings.onBattery')} on={rules.onBattery} change={(onBattery) => set({ onBattery })} />
      <SwitchField label={text('settings.lidClosed')} on={rules.lidClosed} change={(lidClosed) => set({ lidClosed })} />
      <SwitchField label={text('settings.atLogin')} on={settings.openAtLogin} change={(openAtLogin) => change({ openAtLogin })} />
    </Section>
  );
}

/** How much memory Hearth may take here, and what of it the model needs now. */
export function MemorySlider({ bytes, changed }: { bytes: number; changed: (bytes: number) => void }) {
  const text = useText();
  const amounts = useAmounts();
  const [shown, setShown] = useState(bytes);
  const needed = useStored('home', (state) => state.home?.laptops.find(({ isSelf }) => isSelf)?.predictedBytes ?? null);
  return (
    <div className="flex flex-col gap-1">
      <SliderField
        label={text('settings.memory')} meaning={text('settings.memory.meaning')} value={shown} min={gigabyte / 2} max={64 * gigabyte}
        step={gigabyte / 2} change={setShown} changed={changed} shown={amounts.bytes}
      />
      {needed !== null && <p className="text-xs text-ink-soft">{text('settings.memory.needed', { bytes: amounts.bytes(needed) })}</p>}
    </div>
  );
}
