import { expect, test } from 'vitest';
import { normaliseFlags } from '../../../main/command-line.js';
import { failureLine } from '../../../main/run-command.js';
import { WrongUseError } from '../../../engine/errors.js';

test('underscore flags become kebab-case, with their values untouched', () => {
  const argv = [
    'run',
    '--model_path',
    'a_b',
    '--save_dir=x_y',
    '--disable_memory_schedule',
    'my_word',
    '-k',
    '--k',
    '1',
  ];
  expect(normaliseFlags(argv)).toEqual([
    'run',
    '--model-path',
    'a_b',
    '--save-dir=x_y',
    '--disable-memory-schedule',
    'my_word',
    '-k',
    '--k',
    '1',
  ]);
});

test('prompts and everything after a bare -- stay as they are', () => {
  expect(normaliseFlags(['--prompt', '--is this_a flag?', '--', '--a_b'])).toEqual([
    '--prompt',
    '--is this_a flag?',
    '--',
    '--a_b',
  ]);
});

test('a failure is one printable line', () => {
  const line = failureLine(new WrongUseError('EMPTY_PROMPT', 'first\n second\u001b[31m red'));
  expect(line).toBe('hearth: first second?[31m red');
  expect(failureLine(new Error('a\nb'))).toMatch(/^hearth: Unexpected failure: a b\. HEARTH_DEBUG=1/);
});
