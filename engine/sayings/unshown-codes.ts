/**
 * Errors that no window meets: they belong to flags of the `hearth` command, to the local API's own requests, and to benchmarks.
 * Their sentence is English only.
 */
export const unshownCodes = [
  'API_KEY_NEEDED', 'BENCH_FAILED', 'BENCH_GROUPS', 'BENCH_PEER', 'GRAMMAR_NOT_SPELLABLE', 'JOIN_TOKEN', 'JSON_SCHEMA_UNSUPPORTED',
  'LAPTOP_AMBIGUOUS', 'MEMBER_AMBIGUOUS', 'NODE_FLAGS', 'NODE_GONE', 'NODE_RUNNING', 'NO_NODE', 'PAIR_FLAGS', 'RANK_OUT_OF_RANGE',
  'RANK_TAKEN', 'RATIO_INVALID', 'RULES_STAY_HERE', 'SCHEMA_TOO_AMBIGUOUS', 'STOP_STRING_EMPTY', 'WORLD_SIZE_INVALID',
  'WRONG_MODEL_TYPE',
] as const;
