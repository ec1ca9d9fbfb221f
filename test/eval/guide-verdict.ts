import { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import { guideAnswerTokens, guideModelPath } from '../../main/guide-model.js';
import { guideAnswers, heldOut, offTopic, refusal } from './guide-questions.js';

interface Question {
  question: string;
  expected: string;
}

export interface Miss extends Question {
  answer: string;
}

/** How many questions of a set were answered with exactly the right text, and which were not. */
export interface Score {
  right: number;
  asked: number;
  missed: Miss[];
}

/** Asks the guide every frozen question, greedily, through Hearth's own engine. */
export async function judgeGuide(): Promise<{ heldOut: Score; offTopic: Score }> {
  const answers = guideAnswers();
  const text = await TextModel.open(guideModelPath());
  const model = await LoadedModel.load(text, { dtype: null, threads: 1, contextTokens: 512, kvDtype: 'f32' });
  try {
    return {
      heldOut: await score(model, heldOut.map(({ intent, question }) => ({ question, expected: answers.get(intent) ?? '' }))),
      offTopic: await score(model, offTopic.map((question) => ({ question, expected: refusal }))),
    };
  } finally {
    await model.close();
  }
}

async function score(model: LoadedModel, questions: readonly Question[]): Promise<Score> {
  const missed: Miss[] = [];
  for (const { question, expected } of questions) {
    const answer = await ask(model, question);
    if (answer.trim() !== expected) missed.push({ question, expected, answer });
  }
  return { right: questions.length - missed.length, asked: questions.length, missed };
}

async function ask(model: LoadedModel, question: string): Promise<string> {
  const prompt = { kind: 'chat' as const, messages: [{ role: 'user' as const, content: question }] };
  let answer = '';
  for await (const event of model.generate({ prompt, sampling: { temperature: 0 }, maxTokens: guideAnswerTokens })) {
    if (event.kind !== 'prefill') answer += event.text;
  }
  return answer;
}
