#include "common/base/hex.h"
