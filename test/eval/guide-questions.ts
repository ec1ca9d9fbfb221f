import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { guideModelPath } from '../../main/guide-model.js';

/** What the guide says to everything that is not about Hearth. */
export const refusal = 'I only know about Hearth; pick a bigger model on the Models page.';

const training = join(guideModelPath(), 'training');

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(training, name), 'utf8'));
}

/** Figures of the app that answers give. */
export const guideFacts = readJson('facts.json') as Record<string, string>;

/** Questions about Hearth that the guide never saw, with the intent each asks for. */
export const heldOut = readJson('held-out.json') as { intent: string; question: string }[];

/** Questions about anything else. */
export const offTopic = readJson('off-topic.json') as string[];

/** The one answer to each intent, with its facts filled in. */
export function guideAnswers(): Map<string, string> {
  const folder = join(training, 'intents');
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return new Map(texts.flatMap(answersOf));
}

function answersOf(text: string): [string, string][] {
  return text.split(/^# /m).slice(1).map((part) => {
    const [intent = '', answer = ''] = part.split('\n');
    const filled = answer.replace(/^> /, '').replace(/\{(\w+)\}/g, (_, name: string) => {
      const fact = guideFacts[name];
      if (fact === undefined) throw new Error(`the answer to ${intent} gives ${name}, which facts.json lacks`);
      return fact;
    });
    return [intent.trim(), filled.trim()];
  });
}

/** Every question that the guide learned from, with its intent, before it was varied. */
export function trainingQuestions(): { intent: string; question: string }[] {
  const text = gunzipSync(readFileSync(join(training, 'phrasings.tsv.gz'))).toString('utf8');
  return text.trimEnd().split('\n').map((line) => {
    const [intent = '', question = ''] = line.split('\t');
    return { intent, question };
  });
}
