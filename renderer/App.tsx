import { LanguageProvider } from './messages/Text.js';
import { Layout } from './shell/Layout.js';
import { StoresProvider, type Stores } from './stores/all-stores.js';

export function App({ stores }: { stores: Stores }) {
  return (
    <StoresProvider stores={stores}>
      <LanguageProvider><Layout /></LanguageProvider>
    </StoresProvider>
  );
}
