// An engine for tests of the keeper: answers lines on connections, finds the connections that the
// last engine left in the table, and misbehaves on request. It is told how to begin by the text of
// the published configuration:
//   "die at start"  it kills itself before it serves     "stubborn"  it never drains
// and what to do by lines:
//   segv, abort, spin     end or hang at once            exit N   end by itself
//   who                   "EPOCH ADDRESS": of its code   log TEXT  write TEXT to the log
// Any other line comes back as "EPOCH: line".
#pragma once

#include "worker/engine.h"

int run_fake_engine(const loka::worker::EngineInputs& inputs);
