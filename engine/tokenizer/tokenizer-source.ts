import type { GgufMetadata } from '../formats/gguf.js';

/** What a model carries for turning text into tokens: Hugging Face's parsed files, or GGUF's metadata. */
export type TokenizerSource =
  | {
      kind: 'huggingface';
      /** Path of the folder's tokenizer.json, named in refusals. */
      file: string;
      tokenizerJson: Record<string, unknown>;
      tokenizerConfig: Record<string, unknown>;
      generationConfig: Record<string, unknown>;
      modelConfig: Record<string, unknown>;
      /** Contents of chat_template.jinja where the folder has one. */
      chatTemplateFile: string | null;
    }
  | { kind: 'gguf'; file: string; metadata: GgufMetadata };
