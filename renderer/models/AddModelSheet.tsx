import { useEffect, useState } from 'react';
import type { Saying } from '../../engine/saying.js';
import type { ModelPreviewView } from '../../main/bridge-shapes/models.js';
import { sayingIn } from '../bridge-client.js';
import { Button } from '../controls/Button.js';
import { Sheet } from '../controls/Sheet.js';
import { TextField } from '../controls/TextField.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStores } from '../stores/all-stores.js';

/** Shows what a model of Hugging Face takes and under which licence, before anything is fetched. */
export function AddModelSheet({ reference, close }: { reference: string; close: () => void }) {
  const text = useText();
  const said = useSaid();
  const amounts = useAmounts();
  const { models, attempt } = useStores();
  const [name, setName] = useState(reference);
  const [preview, setPreview] = useState<ModelPreviewView | null>(null);
  const [problem, setProblem] = useState<Saying | null>(null);
  useEffect(() => {
    if (name.trim() === '') return;
    let isCurrent = true;
    setPreview(null);
    setProblem(null);
    models.getState().preview(name.trim()).then(
      (found) => isCurrent && setPreview(found),
      (error: unknown) => isCurrent && setProblem(sayingIn(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [name, models]);
  const fetch = (): void => {
    attempt(models.getState().pull(name.trim()));
    close();
  };
  return (
    <Sheet title={text('models.add')} isOpen close={close}>
      <div className="flex flex-col gap-4">
        <TextField
          label={text('models.reference')} meaning={text('models.reference.meaning')} value={name} changed={setName}
          placeholder="owner/repo:Q8_0" problem={problem === null ? null : said(problem)}
        />
        {name.trim() !== '' && preview === null && problem === null && <p className="text-sm text-ink-soft">{text('models.looking')}</p>}
        {preview !== null && (
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-xl bg-sunken p-3 text-sm">
            <dt className="text-ink-soft">{text('models.size')}</dt><dd>{amounts.bytes(preview.totalBytes)}</dd>
            <dt className="text-ink-soft">{text('models.licence')}</dt><dd>{preview.licence ?? text('models.licence.unknown')}</dd>
          </dl>
        )}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onPress={close}>{text('action.cancel')}</Button>
          <Button look="main" isDisabled={preview === null} onPress={fetch}>{text('models.fetch')}</Button>
        </div>
      </div>
    </Sheet>
  );
}
