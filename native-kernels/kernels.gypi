# The targets of the addon: one static library for each instruction set with flags of its own, and the addon, which
# is compiled for every processor and chooses at run time. Includers set `addon` (its name) and `src` (the sources' folder).
{
  'target_defaults': {
    'defines': ['NAPI_VERSION=8'],
    'cflags': ['-O3', '-Wall', '-Wextra', '-fvisibility=hidden'],
    'cflags!': ['-O2'],
    'cflags_cc': ['-std=c++17', '-O3'],
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
    'xcode_settings': {
      'GCC_OPTIMIZATION_LEVEL': '3',
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
      'CLANG_CXX_LIBRARY': 'libc++',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'WARNING_CFLAGS': ['-Wall', '-Wextra'],
    },
    'msvs_settings': {
      'VCCLCompilerTool': { 'Optimization': 2, 'AdditionalOptions': ['/std:c++17', '/utf-8'] },
    },
  },
  'targets': [
    {
      'target_name': '<(addon)',
      'sources': ['<!@(node <(src)/../list-sources.cjs <(src) all)'],
      # The C++ library's threads and memory report by exceptions: they are caught before they reach JavaScript.
      'cflags_cc': ['-fexceptions'],
      'cflags_cc!': ['-fno-exceptions'],
      'xcode_settings': { 'GCC_ENABLE_CPP_EXCEPTIONS': 'YES' },
      'msvs_settings': { 'VCCLCompilerTool': { 'ExceptionHandling': 1 } },
      'conditions': [
        ['target_arch=="x64"', { 'dependencies': ['<(addon)_avx2', '<(addon)_avx512', '<(addon)_avx512vnni'] }],
        ['target_arch=="arm64"', { 'dependencies': ['<(addon)_neon'] }],
        ['OS=="linux"', { 'libraries': ['-lpthread'] }],
      ],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': '<(addon)_avx2',
          'type': 'static_library',
          'sources': ['<!@(node <(src)/../list-sources.cjs <(src) avx2)'],
          'cflags': ['-fPIC', '-mavx2', '-mfma', '-mf16c'],
          'xcode_settings': { 'OTHER_CFLAGS': ['-mavx2', '-mfma', '-mf16c'] },
          'msvs_settings': { 'VCCLCompilerTool': { 'EnableEnhancedInstructionSet': 5 } },
        },
        {
          'target_name': '<(addon)_avx512',
          'type': 'static_library',
          'sources': ['<!@(node <(src)/../list-sources.cjs <(src) avx512)'],
          'cflags': [
            '-fPIC', '-mavx2', '-mfma', '-mf16c', '-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq',
            # GCC 12 warns of its own header's deliberately undefined registers.
            '-Wno-uninitialized', '-Wno-maybe-uninitialized',
          ],
          'xcode_settings': {
            'OTHER_CFLAGS': [
              '-mavx2', '-mfma', '-mf16c', '-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq',
            ],
          },
          'msvs_settings': { 'VCCLCompilerTool': { 'AdditionalOptions': ['/arch:AVX512'] } },
        },
        {
          'target_name': '<(addon)_avx512vnni',
          'type': 'static_library',
          'sources': ['<!@(node <(src)/../list-sources.cjs <(src) avx512vnni)'],
          'cflags': [
            '-fPIC', '-mavx2', '-mfma', '-mf16c', '-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq',
            '-mavx512vnni',
            # GCC 12 warns of its own header's deliberately undefined registers.
            '-Wno-uninitialized', '-Wno-maybe-uninitialized',
          ],
          'xcode_settings': {
            'OTHER_CFLAGS': [
              '-mavx2', '-mfma', '-mf16c', '-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512dq',
              '-mavx512vnni',
            ],
          },
          'msvs_settings': { 'VCCLCompilerTool': { 'AdditionalOptions': ['/arch:AVX512'] } },
        },
      ],
    }],
    ['target_arch=="arm64"', {
      'targets': [
        {
          'target_name': '<(addon)_neon',
          'type': 'static_library',
          'sources': ['<!@(node <(src)/../list-sources.cjs <(src) neon)'],
          'cflags': ['-fPIC'],
        },
      ],
    }],
  ],
}
