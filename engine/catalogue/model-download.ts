import { mkdir, readdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HearthError, InterruptedError } from '../errors.js';
import { ProgressMeter, type OnProgress } from '../report/progress.js';
import { readCachedModel, type CachedModel } from './cached-model.js';
import { DownloadFailedError } from './catalogue-errors.js';
import { freeBytes, requireSpace, writeFailure } from './disk-space.js';
import { downloadFile } from './file-download.js';
import { hubEndpoint } from './hub-endpoint.js';
import { entryName } from './model-reference.js';
import {
  partialPath,
  readRecord,
  recordFileName,
  writeRecord,
  type ModelRecord,
  type RecordedFile,
} from './model-record.js';
import { modelsFolder, type CatalogueEnvironment } from './models-folder.js';
import { planPull, type PullPlan } from './pull-plan.js';
import { takePullLock } from './pull-lock.js';
import { defaultPacing, type Pacing } from './transfer-retry.js';
import { fileMatches } from './verify-model.js';

export interface PullOptions {
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
  /** Told single lines worth showing, e.g. that a connection was lost and is tried again. */
  onNotice?: ((line: string) => void) | undefined;
  /** `HF_ENDPOINT`, `HF_TOKEN`, `HEARTH_HOME`. */
  env?: CatalogueEnvironment;
  pacing?: Partial<Pacing>;
  /** Bytes that may be written in a folder. */
  freeBytes?: (folder: string) => Promise<number>;
}

/**
 * Brings a model of a Hugging Face server into the cache: what is there and right is kept, what is partial goes on,
 * what is damaged or of an older revision is fetched again. The model is whole, with every checksum compared, or an
 * error is thrown: DownloadFailedError, ModelUnusableError, WrongUseError, or InterruptedError on abort.
 */
export async function pullModel(reference: string, options: PullOptions = {}): Promise<CachedModel> {
  try {
    const pacing = { ...defaultPacing, ...options.pacing };
    const plan = await planPull(hubEndpoint(options.env), reference, { ...options, pacing });
    return await new Pull(plan, { ...options, pacing }).run();
  } catch (error) {
    const stopped = error instanceof InterruptedError || !(error instanceof HearthError);
    if (!options.signal?.aborted || !stopped) throw error;
    throw new InterruptedError(
      `Stopped. What has arrived is kept: \`hearth models pull ${reference}\` goes on from there.`,
    );
  }
}

/** One pull, from a settled plan to a whole model. */
class Pull {
  readonly #modelsFolder: string;
  readonly #folder: string;
  readonly #record: ModelRecord;
  #before: ModelRecord | null = null;

  constructor(
    private readonly plan: PullPlan,
    private readonly options: PullOptions & { pacing: Pacing },
  ) {
    this.#modelsFolder = modelsFolder(options.env);
    this.#folder = join(this.#modelsFolder, entryName(plan.name));
    const { source, reference } = plan;
    this.#record = {
      version: 1,
      name: plan.name,
      format: plan.format,
      source: { kind: 'hugging-face', repo: source.repo, revision: reference.revision, commit: source.commit },
      files: plan.files.map((file) => ({ ...file, checkedMtimeMs: null })),
      complete: false,
    };
  }

  async run(): Promise<CachedModel> {
    try {
      await mkdir(this.#folder, { recursive: true });
    } catch (error) {
      throw writeFailure(error, this.#folder);
    }
    const lock = await takePullLock(this.#folder, this.plan.name);
    try {
      this.#before = await readRecord(this.#folder);
      await this.#fetchMissing(await this.#missingFiles());
      await this.#deleteLeftovers();
    } finally {
      await this.#discardIfNothingCame();
      await lock.release();
      // Only succeeds on an empty folder: nothing half-made stays after a refusal.
      await rmdir(this.#folder).catch(() => undefined);
    }
    const model = await readCachedModel(this.#modelsFolder, entryName(this.plan.name));
    if (model === null)
      throw new DownloadFailedError('MODEL_VANISHED', `${this.plan.name} was removed while it came. Pull again.`, { values: { model: this.plan.name } });
    return model;
  }

  /** Files that are absent or whose content is not what the server lists; the others are recorded as checked. */
  async #missingFiles(): Promise<RecordedFile[]> {
    const { signal, onProgress } = this.options;
    const here: RecordedFile[] = [];
    for (const file of this.#record.files) if ((await this.#info(file))?.size === file.size) here.push(file);
    const bytes = here.reduce((sum, file) => sum + file.size, 0);
    const meter = new ProgressMeter(`Checking ${this.plan.name}`, bytes, here.length > 0 ? onProgress : undefined);
    let done = 0;
    for (const file of here) {
      const known = this.#before?.files.find((old) => old.path === file.path && old.size === file.size);
      // A file listed without SHA-256 has one from when it came: damage shows against either.
      const wanted = file.sha256 === null && known && known.gitSha1 === file.gitSha1 ? known : file;
      const right = await fileMatches(this.#path(file), wanted, (now) => meter.update(done + now), signal);
      if (right && wanted.sha256 !== null) await this.#noteChecked(file, wanted.sha256);
      done += file.size;
    }
    return this.#record.files.filter((file) => file.checkedMtimeMs === null);
  }

  async #fetchMissing(missing: readonly RecordedFile[]): Promise<void> {
    let present = 0;
    let needed = 0;
    for (const file of missing) {
      const partial = await stat(partialPath(this.#folder, file)).catch(() => null);
      needed += Math.max(0, file.size - (partial?.size ?? 0));
    }
    for (const file of this.#record.files) if (!missing.includes(file)) present += file.size;
    const total = this.#record.files.reduce((sum, file) => sum + file.size, 0);
    const free = await (this.options.freeBytes ?? freeBytes)(this.#folder);
    requireSpace(this.#modelsFolder, this.plan.name, needed, free);
    if (missing.length > 0) await this.#save();
    const meter = new ProgressMeter(`Downloading ${this.plan.name}`, total, this.options.onProgress);
    for (const file of missing) {
      const start = present;
      await this.#fetch(file, (bytes) => meter.update(start + bytes));
      present += file.size;
    }
    this.#record.complete = true;
    await this.#save();
  }

  async #fetch(file: RecordedFile, onBytes: (present: number) => void): Promise<void> {
    const { pacing, signal, onNotice } = this.options;
    const partial = partialPath(this.#folder, file);
    const onPause = (reason: string, pauseMs: number): void =>
      onNotice?.(`${file.path}: ${reason}; trying again in ${(pauseMs / 1000).toFixed(1)} s.`);
    const sha256 = await downloadFile(this.plan.source, file, partial, { pacing, signal, onBytes, onPause });
    await rename(partial, this.#path(file));
    await this.#noteChecked(file, sha256);
    await this.#save();
  }

  async #noteChecked(file: RecordedFile, sha256: string): Promise<void> {
    file.sha256 = sha256;
    file.checkedMtimeMs = (await this.#info(file))?.mtimeMs ?? null;
  }

  /** Weights of an older revision, and beginnings of files that are whole by now. Slices live in folders and stay. */
  async #deleteLeftovers(): Promise<void> {
    const kept = new Set(this.#record.files.map((file) => this.#path(file)));
    const folders = new Set(this.#record.files.map((file) => dirname(this.#path(file)))).add(this.#folder);
    for (const folder of folders) {
      for (const name of await readdir(folder)) {
        const path = join(folder, name);
        if (/\.(partial|safetensors|gguf)$/i.test(name) && !kept.has(path)) await rm(path, { force: true });
      }
    }
  }

  /** A model of which not one byte came leaves no trace. */
  async #discardIfNothingCame(): Promise<void> {
    if (this.#record.complete || this.#before !== null) return;
    const model = await readCachedModel(this.#modelsFolder, entryName(this.plan.name));
    if (model?.record == null || model.presentBytes > 0) return;
    for (const file of model.record.files) await rm(partialPath(this.#folder, file), { force: true });
    await unlink(join(this.#folder, recordFileName));
  }

  #save(): Promise<void> {
    return writeRecord(this.#folder, this.#record);
  }

  #path(file: Pick<RecordedFile, 'path'>): string {
    return join(this.#folder, file.path);
  }

  async #info(file: RecordedFile): Promise<{ size: number; mtimeMs: number } | null> {
    const info = await stat(this.#path(file)).catch(() => null);
    return info?.isFile() ? info : null;
  }
}
