import { Laptop, MessageCircle, Package, Settings, type LucideIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import { ChatPage } from '../chat/ChatPage.js';
import { LaptopsPage } from '../laptops/LaptopsPage.js';
import type { MessageKey } from '../messages/languages.js';
import { ModelsPage } from '../models/ModelsPage.js';
import { SettingsPage } from '../settings/SettingsPage.js';

/** A page of the window; the navigation shows them in this order. */
export interface WindowPage {
  id: string;
  title: MessageKey;
  icon: LucideIcon;
  Page: ComponentType;
}

export const pages: readonly WindowPage[] = [
  { id: 'chat', title: 'nav.chat', icon: MessageCircle, Page: ChatPage },
  { id: 'laptops', title: 'nav.laptops', icon: Laptop, Page: LaptopsPage },
  { id: 'models', title: 'nav.models', icon: Package, Page: ModelsPage },
  { id: 'settings', title: 'nav.settings', icon: Settings, Page: SettingsPage },
];
