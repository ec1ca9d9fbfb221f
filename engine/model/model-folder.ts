import type { OpenedModel } from './opened-model.js';
export type { OpenedModel } from './opened-model.js';

export declare function openModel(path: string): Promise<OpenedModel>;
