import type { HomeView } from '../../main/bridge-shapes/home.js';
import { Section } from '../controls/Page.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { useStored } from '../stores/all-stores.js';
import type { HomeSample } from '../stores/home-history.js';
import { TimeChart, type TimePoint } from './TimeChart.js';

/** The model of the home: how it stands, why it is split as it is, what was expected and what was measured. */
export function HomeModelPart({ model }: { model: NonNullable<HomeView['model']> }) {
  const text = useText();
  const said = useSaid();
  const amounts = useAmounts();
  const { predicted, measured } = model.secondsPerToken;
  return (
    <Section title={model.name === 'guide' ? text('models.guide.title') : model.name} meaning={text(`laptops.model.${model.phase}`)}>
      {model.problem !== null && <p role="alert" className="text-sm text-bad">{said(model.problem)}</p>}
      {model.why.length > 0 && <p className="text-sm">{said(model.why)}</p>}
      <dl className="flex flex-wrap gap-x-8 gap-y-1 text-sm">
        {predicted !== null && <Fact name={text('laptops.token.predicted')} value={amounts.seconds(predicted)} />}
        {measured !== null && <Fact name={text('laptops.token.measured')} value={amounts.seconds(measured)} />}
        {model.queued > 0 && <Fact name={text('laptops.queued')} value={amounts.number(model.queued, 0)} />}
      </dl>
      <Charts />
    </Section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return <div className="flex gap-2"><dt className="text-ink-soft">{name}</dt><dd className="tabular-nums">{value}</dd></div>;
}

/** How fast the home was, and what its network took. */
function Charts() {
  const text = useText();
  const amounts = useAmounts();
  const history = useStored('home', (state) => state.history);
  const over = (read: (sample: HomeSample) => number | null): TimePoint[] => history.flatMap((sample) => {
    const value = read(sample);
    return value === null ? [] : [{ at: sample.at, value }];
  });
  const milliseconds = (value: number): string => amounts.seconds(value / 1000);
  return (
    <div className="grid gap-x-6 gap-y-4 empty:hidden sm:grid-cols-2 lg:grid-cols-3">
      <TimeChart title={text('chart.speed')} points={over(({ tokensPerSecond }) => tokensPerSecond)} shown={(value) => amounts.number(value)} />
      <TimeChart title={text('laptops.allReduce')} points={over(({ allReduceMs }) => allReduceMs)} shown={milliseconds} />
      <TimeChart title={text('chart.roundTrip')} points={over(({ roundTripMs }) => roundTripMs)} shown={milliseconds} />
    </div>
  );
}
