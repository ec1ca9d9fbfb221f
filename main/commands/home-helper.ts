import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { makePairingCode } from '../../engine/cluster/pairing-code.js';
import { HearthError } from '../../engine/errors.js';
import { HomeNode } from '../../engine/home-node.js';
import { endProgress } from '../progress-line.js';
import { serveNode } from '../node-socket/socket-server.js';
import { homeNodeOptions, type HomeFlags } from './home-flags.js';
import { keepPaused, wasPaused } from './kept-pause.js';

/** When pairing could not be opened, it is tried again after this long (ms). */
const retryMs = 5_000;

/** `hearth node` without a rank: this laptop is part of its home until the person ends it. One line per event. */
export async function serveHome(flags: HomeFlags, signal: AbortSignal): Promise<void> {
  const folder = hearthHome();
  const node: HomeNode = await HomeNode.open({
    ...await homeNodeOptions(flags, say),
    onPauseWanted: async (paused) => {
      await keepPaused(folder, paused);
      await node.pause(paused);
    },
  });
  try {
    if (await wasPaused(folder)) {
      await node.pause(true);
      say(`This laptop is still paused: \`hearth cluster --resume --of "${node.name}"\` lets it work again.`);
    }
    const socket = await serveNode(folder, node);
    try {
      say(`${node.name} is part of its home; members are let in on port ${node.port}.`);
      await Promise.race([keepPairing(node, signal), aborted(signal)]);
    } finally {
      await socket.close();
    }
  } finally {
    await node.stop();
  }
}

/** As long as this laptop is in no home with others, pairing is open, with a code that is printed. */
async function keepPairing(node: HomeNode, signal: AbortSignal): Promise<void> {
  for (const isOver = (): boolean => signal.aborted; !isOver(); ) {
    if (node.state().laptops.length > 1) {
      await nextState(node, signal);
      continue;
    }
    const code = makePairingCode();
    try {
      const { paired, port } = await node.openPairing({
        way: { kind: 'code', code },
        onRefused: (peer, error) => say(`${peer?.name ?? 'A laptop'} could not be paired: ${error.message}`),
      });
      say(`This laptop is paired with no other yet. Pairing code: ${code} (port ${port})`);
      say(`On another laptop of the home, type: hearth pair "${node.name}" --code ${code}`);
      const { peer } = await paired;
      say(`Paired with ${peer.name}.`);
    } catch (error) {
      if (isOver()) return;
      // Nobody came in time: there is a new code; anything else is said, and tried again.
      const again = error instanceof HearthError && (error.code === 'PAIRING_TIMEOUT' || error.code === 'PAIRING_CLOSED');
      if (!again) say(error instanceof Error ? error.message : String(error));
      await pause(again ? 0 : retryMs, signal);
    }
  }
}

function nextState(node: HomeNode, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      off();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const off = node.onState(done);
    signal.addEventListener('abort', done, { once: true });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function say(line: string): void {
  endProgress();
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
