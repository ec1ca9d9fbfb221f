import type { ModelConfig } from '../model/model-config.js';
import type { NodeReport } from '../report/run-report.js';
import type { Share } from '../slices/block.js';
import type { BodyOf } from '../wire/messages.js';

type Measured = Pick<
  BodyOf<'report'>,
  'peakRssBytes' | 'predictedPeakBytes' | 'weightBytesRead' | 'wireBytesSent' | 'wireBytesReceived' | 'allReduces' | 'waitMs' | 'wireMs'
>;

/** What one node did and needed, in the names of the report. Pure. */
export function nodeReport({ nHeads, nKvHeads }: ModelConfig, share: Share, measured: Measured): NodeReport {
  return {
    rank: share.rank,
    heads: share.kvHeads * (nHeads / nKvHeads),
    kv_heads: share.kvHeads,
    ffn_columns: share.ffnColumns,
    peak_rss_bytes: measured.peakRssBytes,
    predicted_peak_bytes: measured.predictedPeakBytes,
    weight_bytes_read: measured.weightBytesRead,
    wire_bytes_sent: measured.wireBytesSent,
    wire_bytes_received: measured.wireBytesReceived,
    allreduces: measured.allReduces,
    allreduce_ms: measured.waitMs + measured.wireMs,
  };
}
