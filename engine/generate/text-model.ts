import { WrongUseError } from '../errors.js';
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

  /** Token ids of a prompt. WrongUseError where there is no room left for an answer, or none at all. */
  encode(prompt: Prompt): number[] {
    const tokens = encodePrompt(prompt, this.tokenizer, this.chatTemplate);
    const { maxPositions } = this.opened.config;
    if (tokens.length < maxPositions) return tokens;
    throw new WrongUseError(
      'PROMPT_TOO_LONG',
      `The prompt has ${tokens.length} tokens and the model has room for ${maxPositions}, its answer included: shorten it.`,
    );
  }
}
