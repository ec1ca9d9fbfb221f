import { Pause, Play, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../controls/Button.js';
import { Page, Section } from '../controls/Page.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { HomeModelPart } from './HomeModelPart.js';
import { LaptopCard } from './LaptopCard.js';
import { NearbyList } from './NearbyList.js';
import { PairingSheet } from './PairingSheet.js';

/** A live picture of the home: its laptops, what each does, and what is wrong. */
export function LaptopsPage() {
  const text = useText();
  const said = useSaid();
  const { home: store, settings, attempt } = useStores();
  const home = useStored('home', (state) => state.home);
  const problem = useStored('home', (state) => state.problem);
  const sharing = useStored('settings', (state) => state.settings?.sharing ?? null);
  const [pairing, setPairing] = useState<{ host: string | null } | null>(null);
  const pauseOrGoOn = (): void => {
    if (sharing !== null) attempt(settings.getState().change({ sharing: { ...sharing, paused: !sharing.paused } }));
  };
  return (
    <Page
      title={text('laptops.title')}
      actions={
        <>
          {sharing !== null && (
            <Button onPress={pauseOrGoOn}>
              {sharing.paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
              {text(sharing.paused ? 'laptops.goOn' : 'laptops.pause')}
            </Button>
          )}
          <Button look="main" onPress={() => setPairing({ host: null })}>
            <Plus aria-hidden className="size-4" />
            {text('laptops.add')}
          </Button>
        </>
      }
    >
      {problem !== null && <p role="alert" className="rounded-2xl bg-bad-soft p-4 text-sm text-bad">{said(problem)}</p>}
      {home?.problems.map((one) => (
        <p key={one.code} className="rounded-2xl bg-warn-soft p-4 text-sm text-warn">{said(one)}</p>
      ))}
      {home === null && problem === null && <p className="text-sm text-ink-soft">{text('laptops.starting')}</p>}
      {home?.model && <HomeModelPart model={home.model} />}
      <ul className="grid gap-3 md:grid-cols-2">
        {home?.laptops.map((laptop) => (
          <LaptopCard key={laptop.deviceId} laptop={laptop} isPinned={home.pinned === laptop.deviceId} />
        ))}
      </ul>
      {home !== null && home.nearby.length > 0 && (
        <Section title={text('laptops.nearby')} meaning={text('laptops.nearby.meaning')}>
          <NearbyList nearby={home.nearby} pair={(host) => setPairing({ host })} />
        </Section>
      )}
      {home !== null && home.laptops.length === 1 && home.nearby.length === 0 && (
        <p className="text-sm text-ink-soft">{text('laptops.alone')}</p>
      )}
      {pairing !== null && (
        <PairingSheet
          host={pairing.host}
          close={() => {
            setPairing(null);
            attempt(store.getState().command({ kind: 'endPairing' }));
          }}
        />
      )}
    </Page>
  );
}
