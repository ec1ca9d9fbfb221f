import { FolderOpen, Plus } from 'lucide-react';
import { useEffect, useState, type DragEvent } from 'react';
import { Button } from '../controls/Button.js';
import { Page } from '../controls/Page.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useStored, useStores } from '../stores/all-stores.js';
import { AddModelSheet } from './AddModelSheet.js';
import { ModelCard } from './ModelCard.js';

/** The models that are here and those worth fetching; a model of this disk is added by picking it or dropping it. */
export function ModelsPage() {
  const text = useText();
  const amounts = useAmounts();
  const { models, attempt } = useStores();
  const rows = useStored('models', (state) => state.rows);
  const [reference, setReference] = useState<string | null>(null);
  const [isOver, setIsOver] = useState(false);
  useEffect(() => attempt(models.getState().refresh()), [models, attempt]);

  const here = rows?.filter(({ source }) => source !== 'suggested') ?? [];
  const worth = rows?.filter(({ source }) => source === 'suggested') ?? [];
  const used = here.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    for (const file of event.dataTransfer.files) attempt(models.getState().link(window.hearth.pathOf(file)));
  };
  return (
    <div
      className={`h-full ${isOver ? 'bg-accent-soft' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <Page
        title={text('models.title')}
        actions={
          <>
            <Button onPress={() => attempt(models.getState().link(null))}>
              <FolderOpen aria-hidden className="size-4" />
              {text('models.pick')}
            </Button>
            <Button look="main" onPress={() => setReference('')}>
              <Plus aria-hidden className="size-4" />
              {text('models.add')}
            </Button>
          </>
        }
      >
        <p className="text-sm text-ink-soft">{text('models.drop')}</p>
        <h2 className="font-semibold">{text('models.here')}</h2>
        {rows !== null && here.every(({ source }) => source === 'guide') && <p className="text-sm text-ink-soft">{text('models.none')}</p>}
        {here.length > 0 && (
          <ul className="flex flex-col gap-3">
            {here.map((row) => <ModelCard key={row.id} row={row} fetch={setReference} />)}
          </ul>
        )}
        {used > 0 && <p className="text-sm text-ink-soft">{text('models.used', { bytes: amounts.bytes(used) })}</p>}
        <h2 className="mt-2 font-semibold">{text('models.worth')}</h2>
        <ul className="flex flex-col gap-3">
          {worth.map((row) => <ModelCard key={row.id} row={row} fetch={setReference} />)}
        </ul>
      </Page>
      {reference !== null && <AddModelSheet reference={reference} close={() => setReference(null)} />}
    </div>
  );
}
