// Which of the kernels' instruction sets this machine can run. Asked once; the answer never changes while it runs.
#pragma once
#include "matmul.h"

namespace hearth {

constexpr int kMaxInstructionSets = 5;

// Fills `sets` with what this processor and its operating system can run, best first; Scalar is always last.
// Returns how many there are.
int available_instruction_sets(InstructionSet sets[kMaxInstructionSets]);

InstructionSet best_instruction_set();

// 'avx512vnni', 'avx512', 'avx2', 'neon' or 'scalar'.
const char* instruction_set_name(InstructionSet set);

// False when the name is unknown or this machine cannot run it.
bool find_instruction_set(const char* name, InstructionSet* set);

// How many bytes before its use one row after the other is asked for; 0 where the processor foresees such a stream well
// enough by itself (docs/kernel-speed.md has the figures). Changes no result.
int64_t stream_lookahead();

// How many processors this process may run on (its affinity counted), hardware threads included.
int usable_processors();

}  // namespace hearth
