import type { HomeView } from '../../main/bridge-shapes/home.js';
import { Button } from '../controls/Button.js';
import { useText } from '../messages/Text.js';

/** Laptops that run Hearth close by and belong to no home of ours, each with a button that pairs it. */
export function NearbyList({ nearby, pair }: { nearby: HomeView['nearby']; pair: (host: string) => void }) {
  const text = useText();
  return (
    <ul className="flex flex-col gap-2">
      {nearby.map(({ deviceId, name, address, versionOk }) => (
        <li key={deviceId} aria-label={name} className="flex flex-wrap items-center justify-between gap-3 text-sm">
          <span className="min-w-0 break-words"><span className="font-medium">{name}</span> <span className="text-ink-soft">{address}</span></span>
          {versionOk
            ? <Button onPress={() => pair(address)}>{text('laptops.pair')}</Button>
            : <span className="text-warn">{text('laptops.oldVersion')}</span>}
        </li>
      ))}
    </ul>
  );
}
