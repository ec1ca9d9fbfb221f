#include "vector-avx2.h"
#include "attention-vector.h"
