import { makeIdentity } from '../../engine/cluster/identity.js';
import { parseJoinToken } from '../../engine/cluster/join-token.js';
import { sayingOf } from '../../engine/errors.js';
import { hearthVersion } from '../../engine/report/version.js';
import { runWorkerNode } from '../../engine/worker-node.js';
import type { FromNode, NodeOrder } from './node-messages.js';

const joinTimeoutMs = 60_000;
/** Main ends this process when it has heard its last word; should it not, the process goes by itself. */
const patienceMs = 1_000;

/** Takes part in the run of the engine on this same machine until that ends; resolves with why, empty for in peace. */
async function takePart({ request, window }: NodeOrder): Promise<string> {
  try {
    await runWorkerNode({
      identity: await makeIdentity(),
      rank: request.rank,
      masterHost: '127.0.0.1',
      masterPort: request.masterPort,
      filePort: null,
      token: parseJoinToken(request.token),
      joinTimeoutMs,
      window,
      threads: request.threads,
      sliceFolder: request.sliceFolder,
      forceDownload: false,
      spinMicroseconds: 0,
      hearthVersion,
      say: () => undefined,
      // Main ends this process when nobody wants it any more.
      signal: new AbortController().signal,
    });
    return '';
  } catch (error) {
    return sayingOf(error).sentence;
  }
}

/** Entry of a node's process in the app: its one message is what to take part in. */
process.parentPort.once('message', ({ data }) => {
  void takePart(data as NodeOrder).then((line) => {
    process.parentPort.postMessage({ type: 'ended', line } satisfies FromNode);
    setTimeout(() => process.exit(0), patienceMs);
  });
});
