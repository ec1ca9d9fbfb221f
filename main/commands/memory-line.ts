import { formatBytes } from '../../engine/report/readable-amounts.js';
import type { NodeReport } from '../../engine/report/run-report.js';

/** `Memory: 148.0 MB at its peak, 151.0 MB were predicted.`, node by node where there are several. */
export function memoryLine(nodes: readonly NodeReport[]): string {
  const amounts = nodes.map(({ rank, peak_rss_bytes: peak, predicted_peak_bytes: predicted }) => {
    const whose = nodes.length === 1 ? '' : `rank ${rank} `;
    return `${whose}${formatBytes(peak)} at its peak, ${formatBytes(predicted)} were predicted`;
  });
  return `Memory: ${amounts.join('; ')}.`;
}
