import { relative, sep } from 'node:path';

const vague = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'lib', 'constants', 'types']);

/**
 * The first part of a path that names a drawer instead of its content, or undefined.
 *
 * @param {string} path relative, with `/` between its parts
 */
export function vagueName(path) {
  return path.split('/').find((part) => vague.has(part.replace(/\..*$/, '').toLowerCase()));
}

/** ESLint rule: a file or folder is named for the one idea in it. */
export const plainNames = {
  meta: { type: 'problem', schema: [], messages: { vague: '"{{part}}" says nothing: name the file or folder for what is in it.' } },
  create: (context) => ({
    Program(node) {
      const part = vagueName(relative(context.cwd, context.filename).split(sep).join('/'));
      if (part !== undefined) context.report({ node, messageId: 'vague', data: { part } });
    },
  }),
};
