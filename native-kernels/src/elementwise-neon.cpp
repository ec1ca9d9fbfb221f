#include "vector-neon.h"
#include "elementwise-vector.h"
