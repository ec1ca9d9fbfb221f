import type { ModelView } from '../../main/bridge-shapes/models.js';
import { useText } from '../messages/Text.js';
import { useSaid } from '../messages/use-said.js';

const looks = { yes: 'bg-good-soft text-good', tight: 'bg-warn-soft text-warn', no: 'bg-bad-soft text-bad' };

/** Whether a model fits the home, as the planner worked it out. */
export function FitBadge({ fit }: { fit: NonNullable<ModelView['fit']> }) {
  const text = useText();
  const said = useSaid();
  return (
    <span title={said(fit.why)} className={`shrink-0 rounded-full px-2.5 py-0.5 text-xs font-medium ${looks[fit.fit]}`}>
      {text(`models.fit.${fit.fit}`)}
    </span>
  );
}
