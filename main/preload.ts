import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import type { callChannel as CallChannel, eventChannel as EventChannel, WindowBridge } from './bridge.js';

// The names are repeated here, not imported, so that this script stays free of the schemas: main is the gate.
const callChannel: typeof CallChannel = 'hearth:call';
const eventChannel: typeof EventChannel = 'hearth:event';

const bridge: WindowBridge = {
  call: (name, payload) => ipcRenderer.invoke(callChannel, name, payload),
  listen: (listener) => {
    const pass = (_event: IpcRendererEvent, name: string, payload: unknown): void => listener(name, payload);
    ipcRenderer.on(eventChannel, pass);
    return () => void ipcRenderer.off(eventChannel, pass);
  },
  // Before Electron 29 a dropped file carried its path itself.
  pathOf: (file) => (webUtils as typeof webUtils | undefined)?.getPathForFile(file as File) ?? (file as { path?: string }).path ?? '',
};

contextBridge.exposeInMainWorld('hearth', bridge);
