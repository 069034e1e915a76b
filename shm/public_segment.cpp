#include "shm/public_segment.h"
