import { Copy, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { Button } from '../controls/Button.js';
import { IconButton } from '../controls/IconButton.js';
import { Section } from '../controls/Page.js';
import { SwitchField } from '../controls/SwitchField.js';
import { TextField } from '../controls/TextField.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { defaultApiPort } from './default-choices.js';
import { originsIn } from './origins-in.js';
import { Resettable } from './Resettable.js';
import { useChange } from './use-change.js';

/** The switch of the local API, where it listens, who may ask it. */
export function ApiSection({ settings: { api } }: { settings: AppSettings }) {
  const text = useText();
  const said = useSaid();
  const change = useChange();
  const stands = useStored('home', (state) => state.api?.state ?? null);
  const port = (written: string): void => {
    const value = Number(written.trim());
    if (Number.isInteger(value) && value >= 1 && value <= 65_535) change({ api: { ...api, port: value } });
  };
  const origins = (written: string): void => change({ api: { ...api, origins: originsIn(written).slice(0, 32) } });
  return (
    <Section title={text('api.title')} meaning={text('api.meaning')}>
      <SwitchField label={text('api.on')} on={api.on} change={(on) => change({ api: { ...api, on } })} />
      {stands?.kind === 'on' && <p className="text-sm text-good">{text('api.listens', { url: stands.url, model: stands.modelId })}</p>}
      {stands?.kind === 'waiting' && <p className="text-sm text-ink-soft">{text('api.waiting')}</p>}
      {stands?.kind === 'failed' && <p role="alert" className="text-sm text-bad">{said(stands)}</p>}
      <Resettable
        name={text('api.port')} shownDefault={String(defaultApiPort)} isDefault={api.port === defaultApiPort}
        reset={() => change({ api: { ...api, port: defaultApiPort } })}
      >
        <TextField label={text('api.port')} meaning={text('api.port.meaning')} value={String(api.port)} isNumber changed={port} />
      </Resettable>
      <TextField label={text('api.origins')} meaning={text('api.origins.meaning')} value={api.origins.join(', ')} changed={origins} />
      <Keys />
    </Section>
  );
}

function Keys() {
  const text = useText();
  const { home, attempt, copyText } = useStores();
  const keys = useStored('home', (state) => state.api?.keys ?? noKeys);
  const [fresh, setFresh] = useState<string | null>(null);
  const make = async (): Promise<void> => {
    const taken = new Set(keys.map(({ name }) => name));
    let number = keys.length + 1;
    while (taken.has(`key-${number}`)) number += 1;
    setFresh(await home.getState().newApiKey(`key-${number}`));
  };
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">{text('api.keys')}</h3>
      <p className="text-xs text-ink-soft">{text('api.keys.meaning')}</p>
      {fresh !== null && (
        <div className="flex items-center gap-2 rounded-xl bg-good-soft p-2 text-sm text-good">
          <code className="min-w-0 flex-1 break-all">{fresh}</code>
          <IconButton icon={Copy} label={text('action.copy')} onPress={() => void copyText(fresh)} />
        </div>
      )}
      <ul className="flex flex-col gap-1">
        {keys.map(({ name, created }) => (
          <li key={name} className="flex items-center justify-between gap-2 text-sm">
            <span>{name} <span className="text-ink-soft">{created.slice(0, 10)}</span></span>
            <IconButton icon={Trash2} label={text('api.keys.remove', { name })} onPress={() => attempt(home.getState().removeApiKey(name))} />
          </li>
        ))}
      </ul>
      <div><Button onPress={() => attempt(make())}>{text('api.keys.new')}</Button></div>
    </div>
  );
}

const noKeys: readonly { name: string; created: string }[] = [];
