// Measured speed of the work training is made of, on this machine and with this build's libraries,
// in about a second; each rate says what holds it back if something does.
#pragma once

#include <vector>

#include "lexome/engine.h"

namespace lexome {

// Runs on the CPU with the threads that are set (tensor/device.h).
std::vector<MachineRate> machine_rates();

}  // namespace lexome
