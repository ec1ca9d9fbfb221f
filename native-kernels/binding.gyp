{
  'variables': { 'addon': 'kernels', 'src': 'src' },
  'includes': ['kernels.gypi'],
}
