#include "shm/records/hashrate.h"
