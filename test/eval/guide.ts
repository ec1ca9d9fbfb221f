/**
 * `npm run eval:guide`: asks the guide the frozen questions about Hearth and about other things, prints what it got wrong,
 * and ends with how many it got right.
 */
import { judgeGuide, type Score } from './guide-verdict.js';

function printMissed({ missed }: Score): void {
  for (const { question, expected, answer } of missed) console.log(`${question}\n  expected: ${expected}\n  answered: ${answer}`);
}

const verdict = await judgeGuide();
printMissed(verdict.heldOut);
printMissed(verdict.offTopic);
const share = ({ right, asked }: Score): string => `${right}/${asked}`;
console.log(`held-out ${share(verdict.heldOut)}, off-topic ${share(verdict.offTopic)}`);
