# The same addon with its broken kernels compiled in, for the tests that prove the comparisons can fail. Never shipped.
{
  'variables': { 'addon': 'kernels_mutants', 'src': '../src' },
  'includes': ['../kernels.gypi'],
  'target_defaults': { 'defines': ['HEARTH_MUTANTS'] },
}
