import type { ChatSampling, OwnSampling } from '../../main/bridge-shapes/sampling.js';

/** The app's own values with what a chat sets for itself. Pure. */
export function chatSampling<Values extends ChatSampling>(common: Values, own: OwnSampling): Values {
  const set = own as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(common).map(([name, value]) => [name, set[name] === undefined ? value : set[name]])) as Values;
}

/** What a chat sets for itself after a change; what is as the app's own is not set. Pure. */
export function ownSampling(common: ChatSampling & { prefix: string }, own: OwnSampling, changes: OwnSampling): OwnSampling {
  const usual = common as Readonly<Record<string, unknown>>;
  const set = Object.entries({ ...own, ...changes }).filter(([name, value]) => value !== undefined && value !== usual[name]);
  return Object.fromEntries(set);
}
