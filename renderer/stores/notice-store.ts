import type { Saying } from '../../engine/saying.js';
import { createStore, type StoreApi } from 'zustand/vanilla';

/** Something that happened, shown for a while at the window's edge. */
export interface Notice {
  id: number;
  /** A key of the catalogues, or what main said. */
  text: { key: string; values?: Record<string, string> } | { said: Saying };
  tone: 'calm' | 'bad';
  /** What the person can do about it, by one button. */
  action: { key: string; run: () => void } | null;
}

export interface NoticeState {
  notices: readonly Notice[];
  show: (notice: Omit<Notice, 'id'>) => void;
  dismiss: (id: number) => void;
}

export type NoticeStore = StoreApi<NoticeState>;

/** What happened and needs no answer. The three latest are kept. */
export function createNoticeStore(): NoticeStore {
  let last = 0;
  return createStore<NoticeState>()((set) => ({
    notices: [],
    show: (notice) => set(({ notices }) => ({ notices: [...notices, { ...notice, id: (last += 1) }].slice(-3) })),
    dismiss: (id) => set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) })),
  }));
}
