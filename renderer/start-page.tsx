import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { WindowBridge } from '../main/bridge.js';
import { App } from './App.js';
import { bridgeOver } from './bridge-client.js';
import './page.css';
import { createStores } from './stores/all-stores.js';
import { followTheme } from './theme/follow-theme.js';

declare global {
  interface Window {
    readonly hearth: WindowBridge;
  }
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id root.');
const stores = createStores(bridgeOver(window.hearth));
followTheme(stores.settings);
createRoot(root).render(<StrictMode><App stores={stores} /></StrictMode>);
