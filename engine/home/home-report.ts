import type { ClusterPlan } from '../cluster/plan.js';
import type { NodeReport } from '../report/run-report.js';
import type { ShardReport } from '../shard/shard-settings.js';

/** What the plan predicted beside what was then measured. */
export interface HomeReport {
  readonly plan: ClusterPlan;
  readonly predictedSecondsPerToken: number;
  /** Of the last answer that nothing disturbed; null before there was one. */
  readonly measuredSecondsPerToken: number | null;
  readonly nodes: readonly {
    readonly deviceId: string;
    readonly name: string;
    /** By the plan, before anything was loaded. */
    readonly predictedBytes: number;
    /** The peak of its process so far. */
    readonly measuredBytes: number;
    readonly report: NodeReport;
  }[];
  /** Where this node's time went. */
  readonly shard: ShardReport;
}

/** Puts predictions and measurements side by side. Pure. */
export function homeReport(
  plan: ClusterPlan, run: { nodes: readonly NodeReport[]; shard: ShardReport }, measuredSecondsPerToken: number | null,
): HomeReport {
  const nodes = plan.nodes.flatMap(({ deviceId, name, rank, predictedBytes }) => {
    const report = run.nodes[rank];
    return report === undefined ? [] : [{ deviceId, name, predictedBytes, measuredBytes: report.peak_rss_bytes, report }];
  });
  return { plan, predictedSecondsPerToken: plan.secondsPerToken, measuredSecondsPerToken, nodes, shard: run.shard };
}
