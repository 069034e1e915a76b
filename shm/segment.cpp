#include "shm/segment.h"
