import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { defaultSettings, settingsShape, type AppSettings } from './bridge-shapes/settings.js';

export type SettingsChange = { [Name in keyof AppSettings]?: AppSettings[Name] | undefined };

/**
 * What the person chose for the app, in one JSON file that is always whole: either as it was or as it is now. A setting
 * that is missing, or that this version does not understand, has its default; the others are kept.
 */
export class SettingsFile {
  #settings: AppSettings;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly told: (settings: AppSettings) => void,
  ) {
    this.#settings = readSettings(path);
  }

  get settings(): AppSettings {
    return this.#settings;
  }

  /** Changes some settings; they are on the disk when it resolves. */
  async change(changes: SettingsChange): Promise<AppSettings> {
    const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
    const settings = settingsShape.parse({ ...this.#settings, ...Object.fromEntries(changed) });
    this.#settings = settings;
    this.told(settings);
    this.#writing = this.#writing.catch(() => undefined).then(async () => {
      await mkdir(dirname(this.path), { recursive: true });
      await writeFileAtomic(this.path, `${JSON.stringify(settings, null, 2)}\n`);
    });
    await this.#writing;
    return settings;
  }
}

function readSettings(path: string): AppSettings {
  const known = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  let stored: unknown;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // Nothing kept yet, or nothing readable: the app starts with its defaults, and the next change writes a good file.
    return defaultSettings;
  }
  if (!known(stored)) return defaultSettings;
  const kept = Object.entries(settingsShape.shape).flatMap(([name, shape]) => {
    const read = shape.safeParse(stored[name]);
    return read.success ? [[name, read.data] as const] : [];
  });
  return { ...defaultSettings, ...(Object.fromEntries(kept) as Partial<AppSettings>) };
}
