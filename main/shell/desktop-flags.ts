import { parseArgs } from 'node:util';

/** What the app can be started with. */
export interface DesktopFlags {
  /** A folder, a GGUF file, or a name of the model cache; null until one is chosen in the window. */
  modelPath: string | null;
  /** Processes of this machine that share the model: 1 to 64. */
  localNodes: number;
  /** Keeps to this machine: announces nothing, and listens on the loopback only. */
  alone: boolean;
  /** Starts in the tray, without a window. */
  hidden: boolean;
}

/**
 * Reads the app's flags among those of Chromium, which are none of our business.
 *
 * @param argv the process's arguments without the program
 */
export function desktopFlags(argv: readonly string[]): DesktopFlags {
  const options = {
    'model-path': { type: 'string' }, 'local-nodes': { type: 'string' }, hidden: { type: 'boolean' }, alone: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true });
  const modelPath = values['model-path'];
  const nodes = Number(values['local-nodes'] ?? 1);
  return {
    modelPath: typeof modelPath === 'string' ? modelPath : null,
    localNodes: Number.isInteger(nodes) && nodes >= 1 && nodes <= 64 ? nodes : 1,
    alone: values.alone === true,
    hidden: values.hidden === true,
  };
}
