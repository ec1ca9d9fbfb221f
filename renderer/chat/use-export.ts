import { useStores } from '../stores/all-stores.js';

/** The function that saves a chat where the person says, and tells where it is. */
export function useExport(): (chat: string, format: 'markdown' | 'json') => void {
  const { bridge, notices, attempt } = useStores();
  return (chat, format) => {
    const exporting = async (): Promise<void> => {
      const file = await bridge.call('exportChat', { chat, format });
      if (file !== null) notices.getState().show({ text: { key: 'chat.exported', values: { file } }, tone: 'calm', action: null });
    };
    attempt(exporting());
  };
}
