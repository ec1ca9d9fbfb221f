import { MoreHorizontal, Pause, Pencil, Pin, PinOff, Play, Unlink } from 'lucide-react';
import { useState } from 'react';
import type { LaptopView } from '../../main/bridge-shapes/home.js';
import { ActionMenu, type MenuAction } from '../controls/ActionMenu.js';
import { useText } from '../messages/Text.js';
import { useStores } from '../stores/all-stores.js';
import { RenameSheet } from './RenameSheet.js';
import { UnpairSheet } from './UnpairSheet.js';

/** What a person may do with a laptop of the home, whichever of them they sit at. */
export function LaptopMenu({ laptop, isPinned }: { laptop: LaptopView; isPinned: boolean }) {
  const text = useText();
  const { home, attempt } = useStores();
  const [sheet, setSheet] = useState<'rename' | 'unpair' | null>(null);
  const { deviceId, name, paused, isSelf } = laptop;
  const command = home.getState().command;
  const actions: MenuAction[] = [
    {
      id: 'pin', label: text(isPinned ? 'laptops.unpin' : 'laptops.pin'), icon: isPinned ? PinOff : Pin,
      run: () => attempt(command({ kind: 'pin', deviceId: isPinned ? null : deviceId })),
    },
    {
      id: 'pause', label: text(paused ? 'laptops.goOn' : 'laptops.pause'), icon: paused ? Play : Pause,
      run: () => attempt(command({ kind: 'pause', deviceId, paused: !paused })),
    },
    { id: 'rename', label: text(isSelf ? 'laptops.rename.self' : 'laptops.rename'), icon: Pencil, run: () => setSheet('rename') },
    ...(isSelf ? [] : [{ id: 'unpair', label: text('laptops.unpair'), icon: Unlink, isBad: true, run: () => setSheet('unpair') }]),
  ];
  return (
    <>
      <ActionMenu label={text('laptops.more', { name })} icon={MoreHorizontal} actions={actions} />
      {sheet === 'rename' && <RenameSheet laptop={laptop} close={() => setSheet(null)} />}
      {sheet === 'unpair' && <UnpairSheet laptop={laptop} close={() => setSheet(null)} />}
    </>
  );
}
