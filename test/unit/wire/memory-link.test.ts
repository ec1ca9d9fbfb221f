import { memoryLinkPair } from '../../../engine/wire/memory-link.js';
import { linkCompliance } from './link-compliance.js';

for (const chunkBytes of [5, 16_384]) {
  linkCompliance(`A memory link that delivers ${chunkBytes} bytes at a time`, async () => {
    const [master, worker] = memoryLinkPair(
      { deviceId: 'M', side: { channel: 'data', role: 'master' } },
      { deviceId: 'W', side: { channel: 'data', role: 'worker' } },
      chunkBytes,
    );
    return Promise.resolve({
      master, worker, cleanUp: () => {
        master.close();
        worker.close();
      },
    });
  });
}
