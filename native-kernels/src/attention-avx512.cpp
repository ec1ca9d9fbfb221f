#include "vector-avx512.h"
#include "attention-vector.h"
