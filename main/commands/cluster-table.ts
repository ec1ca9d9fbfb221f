import type { HomeLaptop, HomeState } from '../../engine/cluster/home-state.js';
import { formatBytes, formatDuration } from '../../engine/report/readable-amounts.js';
import { spoken } from '../../engine/saying.js';

/** How the home stands, for a terminal: a line per laptop, then the model, what is wrong, and who is near. */
export function clusterTable(state: HomeState): string {
  const rows = [
    ['laptop', 'role', 'state', 'memory', 'link', 'share'],
    ...state.laptops.map((laptop) => [
      `${laptop.name}${laptop.isSelf ? ' (this laptop)' : ''}`, roleOf(laptop, state), standingOf(laptop), memoryOf(laptop), linkOf(laptop),
      laptop.share === null ? '-' : `${laptop.share.kvHeads} heads, ${laptop.share.ffnColumns} columns`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
  return [...lines, ...modelLines(state), ...problemLines(state), ...nearbyLines(state)].map((line) => `${line}\n`).join('');
}

function roleOf({ role, deviceId }: HomeLaptop, { pinned }: HomeState): string {
  return deviceId === pinned ? `${role} (pinned)` : role;
}

function standingOf({ present, paused, transfer }: HomeLaptop): string {
  if (!present) return 'away';
  if (paused) return 'paused';
  if (transfer === null) return 'here';
  const { step, doneBytes, totalBytes, bytesPerSecond, secondsLeft } = transfer;
  const rate = bytesPerSecond === 0 ? '' : `, ${formatBytes(bytesPerSecond)}/s`;
  const left = secondsLeft === null ? '' : `, ${formatDuration(secondsLeft)} left`;
  return `${step} ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${rate}${left}`;
}

function memoryOf({ capacity, predictedBytes, measuredBytes }: HomeLaptop): string {
  if (capacity === null) return '-';
  const offers = `offers ${formatBytes(capacity.memoryBytes)}`;
  if (predictedBytes === null) return offers;
  const measured = measuredBytes === null ? '' : `, took ${formatBytes(measuredBytes)}`;
  return `${offers}, needs ${formatBytes(predictedBytes)}${measured}`;
}

function linkOf({ isSelf, roundTripMs, bytesPerSecond }: HomeLaptop): string {
  if (isSelf || roundTripMs === null) return '-';
  const rate = bytesPerSecond === null ? '' : `, ${formatBytes(bytesPerSecond)}/s`;
  return `${roundTripMs.toFixed(1)} ms${rate}`;
}

function modelLines({ model }: HomeState): string[] {
  if (model === null) return ['No model is loaded.'];
  const { predicted, measured } = model.secondsPerToken;
  const speed = predicted === null ? '' : ` About ${(1 / predicted).toFixed(1)} tokens/s expected`
    + `${measured === null ? '' : `, ${(1 / measured).toFixed(1)} measured`}.`;
  const waiting = model.queued === 0 ? '' : ` ${model.queued} waiting.`;
  return [`${model.name}: ${model.phase}.${speed}${waiting}`, ...(model.why.length === 0 ? [] : [spoken(model.why)]),
    ...(model.problem === null ? [] : [`! ${model.problem.sentence}`])];
}

function problemLines({ problems, laptops }: HomeState): string[] {
  return [...problems, ...laptops.flatMap(({ problem }) => problem ?? [])].map(({ sentence }) => `! ${sentence}`);
}

function nearbyLines({ nearby }: HomeState): string[] {
  return nearby.map(({ name, address, versionOk }) =>
    `Near, not of this home: ${name} (${address})${versionOk ? '' : ', of another version of Hearth'}`);
}
