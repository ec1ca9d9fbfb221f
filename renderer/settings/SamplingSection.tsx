import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { Section } from '../controls/Page.js';
import { useText } from '../messages/Text.js';
import { defaultSampling } from './default-choices.js';
import { SamplingFields, type SamplingValues } from './SamplingFields.js';
import { useChange } from './use-change.js';

const names = ['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'maxTokens', 'seed', 'prefix'] as const;

/** How the next token is chosen, for all chats that set nothing else. */
export function SamplingSection({ settings: { sampling, prefix: before } }: { settings: AppSettings }) {
  const text = useText();
  const change = useChange();
  const set = ({ prefix = before, ...changes }: Partial<SamplingValues>): void =>
    change({ ...(prefix === before ? {} : { prefix }), sampling: { ...sampling, ...changes } });
  return (
    <Section title={text('settings.sampling')} meaning={text('settings.sampling.meaning')}>
      <SamplingFields names={names} values={{ ...sampling, prefix: before }} usual={{ ...defaultSampling, prefix: '' }} change={set} />
    </Section>
  );
}
