import type { EngineState } from '../bridge.js';
import type { EngineStanding } from '../engine-messages.js';

/** What the tray's icon can show. */
export type TrayState = 'idle' | 'working' | 'master' | 'trouble';

/** One picture for all that is known: trouble before work, work before rank. Pure. */
export function trayState(engine: EngineState, standing: EngineStanding): TrayState {
  if (engine.state === 'down' || standing.trouble !== null) return 'trouble';
  if (standing.working) return 'working';
  return standing.leads ? 'master' : 'idle';
}
