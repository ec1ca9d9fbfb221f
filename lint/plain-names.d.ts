import type { Rule } from 'eslint';

export function vagueName(path: string): string | undefined;
export const plainNames: Rule.RuleModule;
