#include "mutants.h"

#ifdef HEARTH_MUTANTS

namespace hearth {

Mutant active_mutant = Mutant::None;

}  // namespace hearth

#endif
