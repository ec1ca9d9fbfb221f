import { chatTemplateOf } from '../model/chat-template.js';
import { openModel, type OpenedModel } from '../model/model-folder.js';
import { loadTokenizer } from '../tokenizer/load-tokenizer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { encodePrompt, type Prompt } from './prompt.js';

/** A model before its weights: what it is, and how text becomes its tokens. */
export class TextModel {
  private constructor(
    readonly opened: OpenedModel,
    readonly tokenizer: Tokenizer,
    readonly chatTemplate: string | null,
  ) {}

  /** Opens a Hugging Face folder or a GGUF file. ModelUnusableError names the file, the reason and what to do. */
  static async open(path: string): Promise<TextModel> {
    const opened = await openModel(path);
    return new TextModel(opened, loadTokenizer(opened.tokenizer), chatTemplateOf(opened.tokenizer));
  }

  encode(prompt: Prompt): number[] {
    return encodePrompt(prompt, this.tokenizer, this.chatTemplate);
  }
}
