/**
 * Who may import whom, from the roof to the ground: a layer may import the layers below it and itself. Folders on one level do not know
 * each other, except where `beside` names one that another may look at.
 *
 * @typedef {{ name: string, files: string[], beside?: string[] }} Layer
 */

/** @type {Layer[][]} Levels of `engine/`, highest first. */
export const engineLevels = [
  [{ name: 'api', files: ['engine/api/**'] }],
  [{ name: 'engine', files: ['engine/engine.ts'] }],
  // What this laptop is to its home: it answers, or carries its person's questions to the one that does.
  [{ name: 'home-node', files: ['engine/home-node.ts', 'engine/home-node/**'] }],
  // A model that the laptops of a home hold together, and that moves when one leaves.
  [{ name: 'home-model', files: ['engine/home-model.ts', 'engine/home/**'] }],
  [{ name: 'loaded-model', files: ['engine/loaded-model.ts'] }],
  [{ name: 'generate', files: ['engine/generate/**'] }],
  // A master and its workers: the control session of the cluster drives a shard.
  [{ name: 'node', files: ['engine/{local,master,worker}-node.ts', 'engine/world-options.ts', 'engine/world/**'] }],
  [
    { name: 'cluster', files: ['engine/cluster/**'] },
    { name: 'shard', files: ['engine/shard/**'] },
  ],
  [{ name: 'memory', files: ['engine/memory/**'] }],
  [
    { name: 'slices', files: ['engine/slices/**'] },
    { name: 'collective', files: ['engine/collective/**'] },
  ],
  [
    // Opening a model also finds what its tokenizer is made from.
    { name: 'model', files: ['engine/model/**'], beside: ['tokenizer'] },
    { name: 'tokenizer', files: ['engine/tokenizer/**'] },
  ],
  [
    { name: 'formats', files: ['engine/formats/**'] },
    { name: 'wire', files: ['engine/wire/**'] },
    { name: 'catalogue', files: ['engine/catalogue/**'] },
  ],
  [
    { name: 'errors', files: ['engine/errors.ts', 'engine/saying.ts', 'engine/sayings/**'] },
    { name: 'report', files: ['engine/report/**'] },
  ],
  [{ name: 'native-kernels', files: ['native-kernels/**'] }],
];

const engine = engineLevels.flat().filter((layer) => layer.name !== 'native-kernels').map((layer) => layer.name);

/** Folders outside `engine/`. The bridge is a layer of its own, since the window may read its types. */
const others = [
  { category: 'bridge', pattern: ['main/bridge.ts', 'main/bridge-shapes/**'], exclusive: true },
  // A chat as plain data and pure functions: main writes it down, the window shows it, and both must agree.
  { category: 'conversation', pattern: 'main/conversations/conversation.ts', exclusive: true },
  { category: 'main', pattern: 'main/**' },
  { category: 'renderer', pattern: 'renderer/**' },
  { category: 'test', pattern: 'test/**' },
  { category: 'scripts', pattern: 'scripts/**' },
  { category: 'lint', pattern: 'lint/**' },
];

/** For eslint-plugin-boundaries: which layer each file belongs to. */
export const layerOfFiles = [
  ...engineLevels.flat().map((layer) => ({ category: layer.name, pattern: layer.files })),
  ...others,
];

/** @param {string} from @param {string[]} to @param {'type'} [kind] */
function allow(from, to, kind) {
  return {
    from: { file: { categories: from } },
    allow: { to: { file: { categories: { anyOf: to } } }, ...(kind === undefined ? {} : { dependency: { kind } }) },
  };
}

/** For eslint-plugin-boundaries: everything that is allowed; the rest is refused. */
export const importPolicies = [
  ...engineLevels.flatMap((level, index) =>
    level.map((layer) => {
      const below = engineLevels.slice(index + 1).flat().map((lower) => lower.name);
      return allow(layer.name, [layer.name, ...(layer.beside ?? []), ...below]);
    }),
  ),
  allow('bridge', ['bridge', ...engine]),
  allow('conversation', ['bridge'], 'type'),
  allow('main', ['main', 'bridge', 'conversation', ...engine]),
  allow('renderer', ['renderer', 'conversation']),
  allow('renderer', ['bridge', ...engine], 'type'),
  allow('test', ['test', 'main', 'bridge', 'conversation', 'renderer', 'scripts', 'lint', 'native-kernels', ...engine]),
  allow('scripts', ['scripts']),
  allow('lint', ['lint']),
];
