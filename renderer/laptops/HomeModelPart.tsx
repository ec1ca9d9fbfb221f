import type { HomeView } from '../../main/bridge-shapes/home.js';
import { Section } from '../controls/Page.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useStored } from '../stores/all-stores.js';
import { SpeedChart } from './SpeedChart.js';

/** The model of the home: how it stands, why it is split as it is, what was expected and what was measured. */
export function HomeModelPart({ model }: { model: NonNullable<HomeView['model']> }) {
  const text = useText();
  const amounts = useAmounts();
  const speeds = useStored('home', (state) => state.speeds);
  const { predicted, measured } = model.secondsPerToken;
  return (
    <Section title={model.name} meaning={text(`laptops.model.${model.phase}`)}>
      {model.problem !== null && <p role="alert" className="text-sm text-bad">{model.problem.sentence}</p>}
      {model.why !== '' && <p className="text-sm">{model.why}</p>}
      <dl className="flex flex-wrap gap-x-8 gap-y-1 text-sm">
        {predicted !== null && <Fact name={text('laptops.token.predicted')} value={amounts.seconds(predicted)} />}
        {measured !== null && <Fact name={text('laptops.token.measured')} value={amounts.seconds(measured)} />}
        {model.queued > 0 && <Fact name={text('laptops.queued')} value={amounts.number(model.queued, 0)} />}
      </dl>
      {speeds.length > 1 && <SpeedChart speeds={speeds} />}
    </Section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return <div className="flex gap-2"><dt className="text-ink-soft">{name}</dt><dd className="tabular-nums">{value}</dd></div>;
}
