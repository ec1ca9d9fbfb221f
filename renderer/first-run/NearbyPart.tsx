import { useEffect, useState } from 'react';
import type { HomeView } from '../../main/bridge-shapes/home.js';
import { Button } from '../controls/Button.js';
import { Section } from '../controls/Page.js';
import { NearbyList } from '../laptops/NearbyList.js';
import { PairingSteps } from '../laptops/PairingSteps.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';

/**
 * Laptops that were found nearby appear here by themselves. While this is shown the other one can call too, so that it does
 * not matter on which of the two somebody presses the button.
 */
export function NearbyPart() {
  const text = useText();
  const { home, attempt } = useStores();
  const isThere = useStored('home', (state) => state.home !== null);
  const nearby = useStored('home', (state) => state.home?.nearby ?? noLaptops);
  const others = useStored('home', (state) => state.home?.laptops.filter(({ isSelf }) => !isSelf).length ?? 0);
  const step = useStored('home', (state) => state.pairing.step);
  const [asked, setAsked] = useState(false);
  const command = home.getState().command;
  useEffect(() => {
    if (!isThere) return;
    attempt(command({ kind: 'openPairing' }));
    return () => attempt(command({ kind: 'endPairing' }));
  }, [isThere, command, attempt]);
  const pair = (host: string): void => {
    setAsked(true);
    attempt(command({ kind: 'pairWith', host }));
  };
  const again = (): void => {
    setAsked(false);
    attempt(command({ kind: 'endPairing' }).then(() => command({ kind: 'openPairing' })));
  };
  // That this laptop could not wait for others is of no interest before somebody wants to pair.
  const isPairing = step === 'calling' || step === 'compare' || step === 'code' || step === 'paired' || (step === 'failed' && asked);
  const meaning = others > 0 ? text('first.nearby.some', { count: others })
    : nearby.length > 0 ? text('first.nearby.meaning') : text('first.nearby.none');
  return (
    <Section title={text('first.nearby')} meaning={meaning}>
      <div aria-live="polite" className="flex flex-col gap-4 text-sm empty:hidden">
        {isPairing && (
          <>
            <PairingSteps />
            <div className="flex justify-end"><Button look="quiet" onPress={again}>{text(step === 'paired' ? 'pairing.done' : 'action.cancel')}</Button></div>
          </>
        )}
        {!isPairing && nearby.length > 0 && <NearbyList nearby={nearby} pair={pair} />}
      </div>
    </Section>
  );
}

const noLaptops: HomeView['nearby'] = [];
