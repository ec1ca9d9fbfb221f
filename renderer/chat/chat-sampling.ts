import type { ChatSettings } from '../../main/bridge-shapes/conversation.js';
import type { ChatSampling } from '../../main/bridge-shapes/sampling.js';

/** The app's own sampling with what a chat sets for itself. */
export function chatSampling(common: ChatSampling, own: ChatSettings['sampling']): ChatSampling {
  const set = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...common, ...(Object.fromEntries(set) as Partial<ChatSampling>) };
}
