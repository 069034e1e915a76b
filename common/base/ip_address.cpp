#include "common/base/ip_address.h"
