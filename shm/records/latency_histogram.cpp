#include "shm/records/latency_histogram.h"
