import type { Forecast } from '../../main/bridge-shapes/machine.js';
import { useAmounts } from '../messages/use-amounts.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';
import { FitBadge } from '../models/FitBadge.js';
import { useStored } from '../stores/all-stores.js';

/** What the planner says of the choices above, for the home's model on the laptops that are there. */
export function ForecastBox() {
  const text = useText();
  const said = useSaid();
  const forecast = useStored('forecast', (state) => state.forecast);
  const isAsking = useStored('forecast', (state) => state.isAsking);
  const problem = useStored('forecast', (state) => state.problem);
  return (
    <div
      role="status" aria-label={text('forecast.title')} aria-busy={isAsking}
      className={`flex flex-col gap-2 rounded-xl bg-sunken p-4 text-sm transition-opacity ${isAsking ? 'opacity-70' : ''}`}
    >
      {problem !== null && <p className="text-bad">{said(problem)}</p>}
      {problem === null && forecast === null && <p className="text-ink-soft">{text('forecast.asking')}</p>}
      {forecast !== null && <Told forecast={forecast} />}
    </div>
  );
}

function Told({ forecast: { model, leader, fit, laptops } }: { forecast: Forecast }) {
  const text = useText();
  const said = useSaid();
  const amounts = useAmounts();
  return (
    <>
      <div className="flex items-start justify-between gap-3">
        <p className="min-w-0 font-medium break-words">{text('forecast.model', { model })}</p>
        <FitBadge fit={fit} />
      </div>
      {fit.fit === 'no'
        ? <p>{said(fit.why)}</p>
        : (
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
            <dt className="text-ink-soft">{text('laptops.token.predicted')}</dt>
            <dd className="tabular-nums">{amounts.seconds(fit.secondsPerToken ?? 0)}</dd>
            {laptops.map(({ name, isSelf, bytes }, index) => (
              <div key={index} className="contents">
                <dt className="text-ink-soft">{text('forecast.memory', { name: isSelf ? text('laptops.self') : name })}</dt>
                <dd className="tabular-nums">{amounts.bytes(bytes)}</dd>
              </div>
            ))}
          </dl>
        )}
      {leader !== null && <p className="text-xs text-ink-soft">{text('forecast.leader', { name: leader })}</p>}
    </>
  );
}
