import { dialog, type BrowserWindow } from 'electron';

/** Lets the person pick a model of this disk: a folder, or one GGUF file. Null if they thought better of it. */
export async function askForModel(parent: BrowserWindow | null): Promise<string | null> {
  // Only macOS has one dialog for both.
  const properties = process.platform === 'darwin' ? ['openFile' as const, 'openDirectory' as const] : ['openFile' as const];
  const filters = [{ name: 'GGUF, safetensors', extensions: ['gguf', 'safetensors'] }];
  const { canceled, filePaths } = await (parent === null
    ? dialog.showOpenDialog({ properties, filters })
    : dialog.showOpenDialog(parent, { properties, filters }));
  return canceled ? null : (filePaths[0] ?? null);
}

/** Lets the person pick the folder that models are fetched into. Null if they thought better of it. */
export async function askForFolder(parent: BrowserWindow | null): Promise<string | null> {
  const properties = ['openDirectory' as const, 'createDirectory' as const];
  const { canceled, filePaths } = await (parent === null ? dialog.showOpenDialog({ properties }) : dialog.showOpenDialog(parent, { properties }));
  return canceled ? null : (filePaths[0] ?? null);
}
