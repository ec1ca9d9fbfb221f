import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { useStores } from '../stores/all-stores.js';

/** Changes some settings; a failure is shown at the window's edge. */
export function useChange(): (changes: Partial<AppSettings>) => void {
  const { settings, attempt } = useStores();
  return (changes) => attempt(settings.getState().change(changes));
}
