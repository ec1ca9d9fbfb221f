import { sayingOf } from '../engine/errors.js';
import type { Saying } from '../engine/saying.js';
import type { ChatQuestion } from './answering-engine.js';
import type { AnswerFigures, AnswerProgress, EndReason } from './bridge-shapes/conversation.js';
import type { AnswerEvent } from './bridge.js';
import { AnswerWriter } from './conversations/answer-writer.js';
import type { ConversationStore } from './conversations/conversation-store.js';
import type { EngineAnswer } from './engine-messages.js';

interface ComingAnswer {
  chat: string;
  message: string;
  progress: AnswerProgress | null;
  writer: AnswerWriter;
}

/** What answers need of the engine's process. */
export interface AskedEngine {
  ask(answer: number, question: ChatQuestion): void;
  stop(answer: number): void;
}

export interface AnswerListeners {
  answer(event: AnswerEvent): void;
  /** Something went wrong beside the answers. */
  trouble(said: Saying): void;
}

/** The answers that are coming: each is written down as it comes and told to the window, whether that is open or not. */
export class ChatAnswers {
  readonly #coming = new Map<number, ComingAnswer>();
  #last = 0;

  constructor(
    private readonly store: ConversationStore,
    private readonly engine: AskedEngine,
    private readonly told: AnswerListeners,
  ) {}

  /** Asks the engine for message `message` of a chat; rejects only if the chat could not take it. */
  async ask(chat: string, message: string, parent: string, question: ChatQuestion): Promise<void> {
    const file = await this.store.chat(chat);
    await file.append([{ kind: 'answering', id: message, parent, at: Date.now() }]);
    const answer = (this.#last += 1);
    const writer = new AnswerWriter(message, (changes) => file.append(changes), (error) => {
      this.told.trouble(sayingOf(error));
    });
    this.#coming.set(answer, { chat, message, progress: null, writer });
    try {
      this.engine.ask(answer, question);
    } catch (error) {
      this.#end(answer, 'failed', null, sayingOf(error));
    }
  }

  stop(chat: string, message: string): void {
    for (const [answer, coming] of this.#coming) {
      if (coming.chat === chat && coming.message === message) this.engine.stop(answer);
    }
  }

  stopAll(chat: string): void {
    for (const [answer, coming] of this.#coming) if (coming.chat === chat) this.engine.stop(answer);
  }

  /** The answers of a chat that are still coming; all that came of them is part of the chat from now on. */
  comingIn(chat: string): { message: string; progress: AnswerProgress | null }[] {
    const coming = [...this.#coming.values()].filter((answer) => answer.chat === chat);
    for (const { writer } of coming) writer.flush();
    return coming.map(({ message, progress }) => ({ message, progress }));
  }

  /** Writes down what came, before the app ends. */
  flush(): void {
    for (const { writer } of this.#coming.values()) writer.flush();
  }

  /** What the engine said. */
  hear(event: EngineAnswer): void {
    const coming = this.#coming.get(event.answer);
    if (coming === undefined) return;
    const { chat, message, writer } = coming;
    switch (event.type) {
      case 'text':
        this.told.answer({ type: 'text', chat, message, at: writer.characters, text: event.text });
        coming.progress = null;
        return writer.text(event.text);
      case 'end': {
        const { promptTokens, cachedTokens, answerTokens, ttftMs, tokensPerSecond, contextTokens } = event;
        const figures = { promptTokens, cachedTokens, answerTokens, ttftMs, tokensPerSecond, contextTokens };
        return this.#end(event.answer, event.reason, figures, null);
      }
      case 'failed':
        return this.#end(event.answer, 'failed', null, { code: event.code, sentence: event.sentence, values: event.values });
      default:
        coming.progress = progressOf(event);
        return this.told.answer({ type: 'progress', chat, message, progress: coming.progress });
    }
  }

  #end(answer: number, reason: EndReason, figures: AnswerFigures | null, failure: Saying | null): void {
    const coming = this.#coming.get(answer);
    if (coming === undefined) return;
    this.#coming.delete(answer);
    coming.writer.end(reason, figures, failure);
    this.told.answer({ type: 'end', chat: coming.chat, message: coming.message, reason, figures, failure });
  }
}

function progressOf(event: Extract<EngineAnswer, AnswerProgress>): AnswerProgress {
  if (event.type === 'queued') return { type: event.type, place: event.place };
  if (event.type === 'paused') return { type: event.type, name: event.name };
  return { type: event.type, doneTokens: event.doneTokens, totalTokens: event.totalTokens };
}
