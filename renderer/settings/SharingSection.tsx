import type { AppSettings, SharingRules } from '../../main/bridge-shapes/settings.js';
import { Section } from '../controls/Page.js';
import { SwitchField } from '../controls/SwitchField.js';
import { useText } from '../messages/Text.js';
import { useStored } from '../stores/all-stores.js';
import { useChange } from './use-change.js';

/** When this laptop works for its home, and how the app comes to be there. */
export function SharingSection({ settings }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  // Only a package that says where updates come from can ask for any.
  const canUpdate = useStored('forecast', (state) => state.machine?.updates ?? false);
  const rules = settings.sharing;
  const set = (changes: Partial<SharingRules>): void => change({ sharing: { ...rules, ...changes } });
  return (
    <Section title={text('settings.sharing')} meaning={text('settings.sharing.meaning')}>
      <SwitchField label={text('laptops.pause')} meaning={text('settings.paused.meaning')} on={rules.paused} change={(paused) => set({ paused })} />
      <SwitchField label={text('settings.onBattery')} on={rules.onBattery} change={(onBattery) => set({ onBattery })} />
      <SwitchField label={text('settings.lidClosed')} on={rules.lidClosed} change={(lidClosed) => set({ lidClosed })} />
      <SwitchField label={text('settings.atLogin')} meaning={text('settings.atLogin.meaning')} on={settings.openAtLogin} change={(openAtLogin) => change({ openAtLogin })} />
      {canUpdate && (
        <SwitchField label={text('settings.updates')} meaning={text('settings.updates.meaning')} on={settings.updates} change={(updates) => change({ updates })} />
      )}
    </Section>
  );
}
