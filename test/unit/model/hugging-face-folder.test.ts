import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../../engine/model/model-folder.js';
import { expectRefusal } from '../formats/refusal.js';
import { scratchFolder } from '../formats/scratch-folder.js';
import {
  llamaConfig,
  llamaFiles,
  llamaShapes,
  safetensorsOf,
  without,
  writeFolder,
  type Shapes,
} from './tiny-model.js';

const scratch = await scratchFolder();
let made = 0;
const folderOf = (files: Record<string, object | Buffer | string>) =>
  writeFolder(join(scratch.path, `m${made++}`), files);

const SHARDS = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
function shardedFiles(): Record<string, object | Buffer | string> {
  const halves: [Shapes, Shapes] = [{}, {}];
  const weightMap: Record<string, string> = {};
  Object.entries(llamaShapes()).forEach(([name, shape], i) => {
    const half = i % 2 === 0 ? 0 : 1;
    halves[half][name] = shape;
    weightMap[name] = SHARDS[half];
  });
  const rest = without(llamaFiles(), 'model.safetensors');
  return {
    ...rest,
    'model.safetensors.index.json': { metadata: { total_size: 1 }, weight_map: weightMap },
    [SHARDS[0]]: safetensorsOf(halves[0]),
    [SHARDS[1]]: safetensorsOf(halves[1]),
  };
}

describe('openModel on a Hugging Face folder', () => {
  it('gives exactly the tensors the config needs, by name and shape', async () => {
    const shapes = { ...llamaShapes(), 'model.layers.0.self_attn.rotary_emb.inv_freq': [4] };
    const path = await folderOf({
      ...llamaFiles(),
      'model.safetensors': safetensorsOf(shapes),
      'generation_config.json': { eos_token_id: 2 },
    });
    const model = await openModel(path);
    expect(model).toMatchObject({ path, format: 'safetensors', config: { nLayers: 2, nKvHeads: 2 } });
    expect(Object.fromEntries([...model.tensors].map(([name, { shape }]) => [name, shape]))).toEqual(llamaShapes());
    expect(model.tokenizer).toMatchObject({
      kind: 'huggingface',
      tokenizerJson: { model: {} },
      tokenizerConfig: {},
      generationConfig: { eos_token_id: 2 },
      chatTemplateFile: null,
    });
  });

  it('puts the shards of a checkpoint together', async () => {
    const path = await folderOf({ ...shardedFiles(), 'chat_template.jinja': '{{ messages }}' });
    const { tensors, tokenizer } = await openModel(path);
    expect(new Set(tensors.keys())).toEqual(new Set(Object.keys(llamaShapes())));
    expect(new Set([...tensors.values()].map(({ file }) => file))).toEqual(
      new Set(SHARDS.map((shard) => join(path, shard))),
    );
    expect(tokenizer).toMatchObject({ chatTemplateFile: '{{ messages }}' });
  });

  it('leaves lm_head out where the config ties it, present or not', async () => {
    const config = { ...llamaConfig, tie_word_embeddings: true };
    const untied = without(llamaShapes(), 'lm_head.weight');
    for (const shapes of [llamaShapes(), untied]) {
      const model = await openModel(
        await folderOf({ ...llamaFiles(), 'config.json': config, 'model.safetensors': safetensorsOf(shapes) }),
      );
      expect(model.tensors.has('lm_head.weight')).toBe(false);
      expect(model.config.tiedEmbeddings).toBe(true);
    }
  });

  it('needs the biases and norms of Qwen', async () => {
    const qwen2 = { ...llamaConfig, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'] };
    const qwen3 = { ...llamaConfig, model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'], head_dim: 8 };
    await expectRefusal(
      openModel(await folderOf({ ...llamaFiles(), 'config.json': qwen2 })),
      'MODEL_TENSOR_MISSING',
      'layers.0.self_attn.q_proj.bias',
    );
    await expectRefusal(
      openModel(await folderOf({ ...llamaFiles(), 'config.json': qwen3 })),
      'MODEL_TENSOR_MISSING',
      'layers.0.self_attn.q_norm.weight',
    );
    const biases = Object.fromEntries(
      [0, 1].flatMap((i) =>
        [
          ['q', 32],
          ['k', 16],
          ['v', 16],
        ].map(([part, rows]) => [`model.layers.${i}.self_attn.${part}_proj.bias`, [rows as number]]),
      ),
    );
    const model = await openModel(
      await folderOf({
        ...llamaFiles(),
        'config.json': qwen2,
        'model.safetensors': safetensorsOf({ ...llamaShapes(), ...biases }),
      }),
    );
    expect(model.tensors.get('model.layers.1.self_attn.v_proj.bias')?.shape).toEqual([16]);
  });

  it('has a fingerprint that moves with the model and changes with its weights, config and names', async () => {
    const path = await folderOf(llamaFiles());
    const { fingerprint } = await openModel(path);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    await rename(path, `${path}-moved`);
    await symlink(`${path}-moved`, path);
    expect((await openModel(path)).fingerprint).toBe(fingerprint);
    expect((await openModel(`${path}-moved`)).fingerprint).toBe(fingerprint);
    const others = [
      { ...llamaFiles(), 'model.safetensors': safetensorsOf(llamaShapes(), 1) },
      { ...llamaFiles(), 'config.json': { ...llamaConfig, rope_theta: 5e5 } },
      shardedFiles(),
    ];
    for (const files of others) expect((await openModel(await folderOf(files))).fingerprint).not.toBe(fingerprint);
  });
});

describe('openModel refuses', () => {
  it('a path where nothing is', async () => {
    await expectRefusal(openModel(join(scratch.path, 'none')), 'MODEL_NOT_FOUND', 'none', 'hearth models ls');
  });

  it.each([['config.json'], ['tokenizer.json']])('a folder without %s', async (name) => {
    const files = without(llamaFiles(), name);
    await expectRefusal(openModel(await folderOf(files)), 'MODEL_FILE_MISSING', name);
  });

  it('a folder without weights', async () => {
    const files = without(llamaFiles(), 'model.safetensors');
    await expectRefusal(openModel(await folderOf(files)), 'MODEL_NO_WEIGHTS', 'model.safetensors');
  });

  it('pickles, naming the safe alternative', async () => {
    const files = without(llamaFiles(), 'model.safetensors');
    const path = await folderOf({ ...files, 'pytorch_model.bin': 'x' });
    for (const given of [path, join(path, 'pytorch_model.bin')]) {
      await expectRefusal(openModel(given), 'MODEL_PICKLED', 'pytorch_model.bin', 'safetensors');
    }
  });

  it('a single file that is no GGUF, pointing to the folder', async () => {
    const path = await folderOf(llamaFiles());
    await expectRefusal(openModel(join(path, 'model.safetensors')), 'MODEL_FORMAT_UNKNOWN', 'folder');
  });

  it.each([
    ['not json', 'JSON'],
    ['[]', 'object'],
  ])('a config.json that is %s', async (content, part) => {
    await expectRefusal(
      openModel(await folderOf({ ...llamaFiles(), 'config.json': content })),
      'MODEL_JSON_INVALID',
      'config.json',
      part,
    );
  });

  it('a shape other than the config gives, with both', async () => {
    const shapes = { ...llamaShapes(), 'model.layers.1.mlp.down_proj.weight': [64, 32] };
    const attempt = openModel(await folderOf({ ...llamaFiles(), 'model.safetensors': safetensorsOf(shapes) }));
    await expectRefusal(
      attempt,
      'MODEL_TENSOR_SHAPE',
      'model.layers.1.mlp.down_proj.weight',
      '[64, 32]',
      '[32, 64]',
      'model.safetensors',
    );
  });

  it.each(Object.keys(llamaShapes()))('a checkpoint without %s', async (name) => {
    const shapes = without(llamaShapes(), name);
    await expectRefusal(
      openModel(await folderOf({ ...llamaFiles(), 'model.safetensors': safetensorsOf(shapes) })),
      'MODEL_TENSOR_MISSING',
      name,
    );
  });

  it('a shard that is missing, and one that lacks what the index says', async () => {
    const path = await folderOf(shardedFiles());
    await rm(join(path, SHARDS[1]));
    await expectRefusal(openModel(path), 'MODEL_SHARD_MISSING', SHARDS[1]);
    const lacking = await folderOf({ ...shardedFiles(), [SHARDS[1]]: safetensorsOf({}) });
    await expectRefusal(openModel(lacking), 'MODEL_TENSOR_MISSING', SHARDS[1]);
  });

  it.each(['../x.safetensors', '/etc/x.safetensors', '..', 'a\\b.safetensors', 'pytorch_model-1.bin', 7, null])(
    'an index that places a tensor in %s',
    async (place) => {
      const index = { weight_map: { 'model.norm.weight': place } };
      const path = await folderOf({ ...shardedFiles(), 'model.safetensors.index.json': index });
      await expectRefusal(openModel(path), 'MODEL_INDEX_INVALID', 'model.safetensors.index.json');
    },
  );

  it('an index without a map', async () => {
    const path = await folderOf({ ...shardedFiles(), 'model.safetensors.index.json': { weight_map: {} } });
    await expectRefusal(openModel(path), 'MODEL_INDEX_INVALID', 'weight_map');
  });
});
