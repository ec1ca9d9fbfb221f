import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, expect, test } from '@playwright/test';

const root = join(import.meta.dirname, '../..');
const runtime = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
const nobody = 65534;

test.skip(process.platform !== 'linux' || process.getuid?.() !== 0, 'only root can start the app as somebody else');
test.skip(runtime === undefined, 'the runtime’s folder is not known');

test('as an unprivileged user the app runs with Chromium’s sandbox on', async () => {
  const work = mkdtempSync(join(tmpdir(), 'hearth-sandbox-'));
  try {
    chmodSync(work, 0o755);
    // Copies that this user may read, wherever the originals lie.
    cpSync(runtime!, join(work, 'electron'), { recursive: true });
    for (const part of ['package.json', 'out', 'node_modules/node-gyp-build', 'native-kernels/binding.gyp', 'native-kernels/build/Release/kernels.node']) {
      cpSync(join(root, part), join(work, 'app', part), { recursive: true, dereference: true });
    }
    execFileSync('chmod', ['-R', 'a+rX', join(work, 'electron'), join(work, 'app')]);
    chmodSync(join(work, 'electron/chrome-sandbox'), 0o4755);
    const home = join(work, 'home');
    mkdirSync(home);
    chownSync(home, nobody, nobody);
    // The display's key belongs to whoever started it.
    const key = join(home, 'display-key');
    if (process.env['XAUTHORITY'] !== undefined) {
      cpSync(process.env['XAUTHORITY'], key);
      chownSync(key, nobody, nobody);
    }
    const starter = join(work, 'start');
    const variables = `HOME=${home} HEARTH_HOME=${home}/hearth XDG_RUNTIME_DIR=${home} XAUTHORITY=${key}`;
    const asNobody = `setpriv --reuid=${nobody} --regid=${nobody} --clear-groups env ${variables}`;
    writeFileSync(starter, `#!/bin/sh\nexec ${asNobody} ${join(work, 'electron/electron')} "$@"\n`, { mode: 0o755 });
    const app = await _electron.launch({
      executablePath: starter, args: [join(work, 'app'), `--user-data-dir=${join(home, 'profile')}`, '--alone'], cwd: work, chromiumSandbox: true,
    });
    try {
      const page = await app.firstWindow();
      await page.getByRole('textbox').first().waitFor();
      const [uid, unsandboxed, pid] = await app.evaluate(({ app: electron, BrowserWindow }) => [
        process.getuid?.(), electron.commandLine.hasSwitch('no-sandbox'), BrowserWindow.getAllWindows()[0]!.webContents.getOSProcessId(),
      ] as const);
      expect([uid, unsandboxed]).toEqual([nobody, false]);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      // 2: every system call of the page's process passes a filter.
      expect(status).toMatch(/^Seccomp:\s+2$/m);
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(readlinkSync(`/proc/${pid}/ns/pid`)).not.toBe(readlinkSync('/proc/self/ns/pid'));
      expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
    } finally {
      await app.close();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
