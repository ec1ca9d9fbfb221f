#include "vector-neon.h"
#include "attention-vector.h"
