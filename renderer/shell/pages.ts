import { MessageCircle, type LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import { ChatPage } from '../chat/ChatPage.js';
import type { MessageKey } from '../messages/languages.js';

/** A page of the window; the navigation shows them in this order. */
export interface WindowPage {
  id: string;
  title: MessageKey;
  icon: LucideIcon;
  Page: ComponentType;
}

export const pages: readonly WindowPage[] = [{ id: 'chat', title: 'nav.chat', icon: MessageCircle, Page: ChatPage }];
