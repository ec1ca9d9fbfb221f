#include "vector-avx512.h"
#include "elementwise-vector.h"
