#include "vector-avx2.h"
#include "elementwise-vector.h"
