import { expect, it } from 'vitest';
import { isAllowedHost } from '../../../engine/api/origin-check.js';

it.each([
  ['192.168.1.5:11435', '192.168.1.5', true],
  ['192.168.1.5', '::ffff:192.168.1.5', true],
  ['[fd00::5]:11435', 'fd00::5', true],
  ['[FD00::5]', 'fd00::5', true],
  ['192.168.1.6:11435', '192.168.1.5', false],
  ['192.168.1.5.evil.example', '192.168.1.5', false],
  ['evil.example', '192.168.1.5', false],
  ['0.0.0.0', '192.168.1.5', false],
  ['localhost', '192.168.1.5', true],
  ['evil.example', 'evil.example', false],
  ['192.168.1.5', undefined, false],
  ['', '192.168.1.5', false],
])('is asked as %j on a connection to %j: %s', (header, reached, allowed) => {
  expect(isAllowedHost(header, new Set(), reached)).toBe(allowed);
});
