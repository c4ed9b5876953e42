// Opening the library below the torch line. Errors thrown in it arrive here as what they are.
#pragma once

#include <string>

#include "lexome/engine.h"

namespace lexome {

// The engine of one shared library, through its C symbol `lexome_engine`. ConfigError when the file
// is missing, IoError when the system cannot load it, FormatError when it is no lexome library.
Engine& open_engine(const std::string& library);

// Thread counts for OpenMP and BLAS, and the BLAS kernels: before the library is loaded.
void settle_environment(const Machine& machine);

}  // namespace lexome
