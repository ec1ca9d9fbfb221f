import { resolve } from 'node:path';
import { z } from 'zod';
import { listModels } from '../../engine/catalogue/model-cache.js';
import { KeptFile } from './kept-file.js';

const placesShape = z.object({
  /** Folders that models were fetched into before the one of now. */
  former: z.array(z.string().min(1).max(4096)).max(100),
  /** The models of the former folders are being moved: an app that ended meanwhile goes on with it. */
  moving: z.boolean(),
});

/** A folder of models that new ones no longer go to. */
export interface FormerPlace {
  folder: string;
  models: number;
  bytes: number;
}

/** The folders in which fetched models lie: the one that new ones go to, and those that were chosen before and still hold some. */
export class ModelPlaces {
  readonly #kept: KeptFile<z.infer<typeof placesShape>>;

  /** `now`: the folder that models are fetched into. */
  constructor(file: string, private readonly now: () => string) {
    this.#kept = new KeptFile(file, placesShape, { former: [], moving: false });
  }

  get folder(): string {
    return resolve(this.now());
  }

  /** Absolute paths; the one that new models go to comes first. */
  async all(): Promise<string[]> {
    return [...new Set([this.folder, ...(await this.#kept.read()).former])];
  }

  /** The former folders that still hold models. */
  async former(): Promise<FormerPlace[]> {
    const places = await Promise.all((await this.all()).slice(1).map(async (folder) => {
      const models = await listModels(folder);
      return { folder, models: models.length, bytes: models.reduce((sum, { presentBytes }) => sum + presentBytes, 0) };
    }));
    return places.filter(({ models }) => models > 0);
  }

  /** New models will go elsewhere: those of the folder of now stay in use where they are. */
  async leave(): Promise<void> {
    const left = this.folder;
    const held = new Set((await this.former()).map(({ folder }) => folder));
    await this.#kept.change(({ former, moving }) => ({ former: [left, ...former.filter((one) => one !== left && held.has(one))], moving }));
  }

  async isMoving(): Promise<boolean> {
    return (await this.#kept.read()).moving;
  }

  async setMoving(moving: boolean): Promise<void> {
    await this.#kept.change(({ former }) => ({ former, moving }));
  }
}
