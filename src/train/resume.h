// Whether a run may go on from a checkpoint: it must be the run that wrote it.
#pragma once

#include <string>

#include "train/checkpoint.h"
#include "train/trainer.h"

namespace lexome {

// ConfigError when recipe, vocabulary, seed or precision differ from those of the checkpoint `from`
// in a way that would have moved weights already computed. Another number of threads is said.
void check_same_run(const TrainerSetup& setup, const CheckpointContents& contents,
                    const std::string& from);

}  // namespace lexome
