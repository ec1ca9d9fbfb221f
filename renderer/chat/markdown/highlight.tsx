import { common, createLowlight } from 'lowlight';
import type { ReactNode } from 'react';

const lowlight = createLowlight(common);

interface Node {
  type: string;
  value?: string;
  properties?: { className?: unknown };
  children?: Node[];
}

function toElements(nodes: readonly Node[]): ReactNode[] {
  return nodes.map((node, index) => {
    if (node.type === 'text') return node.value ?? '';
    const names = node.properties?.className;
    return <span key={index} className={Array.isArray(names) ? names.join(' ') : ''}>{toElements(node.children ?? [])}</span>;
  });
}

/** Code with its words coloured; as it is where the language is not known. */
export function highlighted(language: string, code: string): ReactNode {
  const name = language.toLowerCase();
  if (!lowlight.registered(name)) return code;
  return toElements(lowlight.highlight(name, code).children);
}
