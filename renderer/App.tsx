import { FirstRun } from './first-run/FirstRun.js';
import { LanguageProvider } from './messages/Text.js';
import { Layout } from './shell/Layout.js';
import { StoresProvider, useStored, type Stores } from './stores/all-stores.js';

export function App({ stores }: { stores: Stores }) {
  return (
    <StoresProvider stores={stores}>
      <LanguageProvider><FirstOrUsual /></LanguageProvider>
    </StoresProvider>
  );
}

/** Who starts Hearth for the first time is asked a few things; never again after that. */
function FirstOrUsual() {
  const welcomed = useStored('settings', (state) => state.settings?.welcomed ?? null);
  if (welcomed === null) return null;
  return welcomed ? <Layout /> : <FirstRun />;
}
