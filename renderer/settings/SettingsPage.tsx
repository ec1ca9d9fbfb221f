import { useEffect } from 'react';
import { Page } from '../controls/Page.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { ApiSection } from './ApiSection.js';
import { AppearanceSection } from './AppearanceSection.js';
import { MemorySection } from './MemorySection.js';
import { ModelSection } from './ModelSection.js';
import { PresetsSection } from './PresetsSection.js';
import { SamplingSection } from './SamplingSection.js';
import { SharingSection } from './SharingSection.js';
import { StorageSection } from './StorageSection.js';

/** Everything that can be chosen for the app as a whole; each change applies at once, or says what it waits for. */
export function SettingsPage() {
  const text = useText();
  const settings = useStored('settings', (state) => state.settings);
  const { forecast, attempt } = useStores();
  useEffect(() => attempt(forecast.getState().look()), [forecast, attempt]);
  if (settings === null) return null;
  return (
    <Page title={text('settings.title')}>
      <AppearanceSection settings={settings} />
      <SharingSection settings={settings} />
      <MemorySection settings={settings} />
      <ModelSection settings={settings} />
      <SamplingSection settings={settings} />
      <PresetsSection settings={settings} />
      <ApiSection settings={settings} />
      <StorageSection settings={settings} />
    </Page>
  );
}
