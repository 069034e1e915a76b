// A keeper executes itself anew: same process, same descriptors, same slot, but fresh addresses and
// a fresh stack canary for every engine that it clones from then on.
#pragma once

#include "worker/arguments.h"

namespace loka::worker {

// Replaces the program by /proc/self/exe, so by the same file even if a newer one was installed.
// No heap. Returns only if that failed; errno says why.
void execute_anew(const Orders& orders);

}  // namespace loka::worker
