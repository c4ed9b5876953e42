// What an MxDNA network knows of the units of one read (segments/unit_insides.h).
#pragma once

#include "data/collate.h"
#include "models/mxdna.h"
#include "segments/unit_insides.h"

namespace lexome {

// One thread, no gradients; `read` has at most max_tokens() - 2 bases. bf16 as in `Pass`.
UnitInsides look_inside(MxdnaModel& model, const Collator& collator, const Bases& read,
                        const torch::Device& device, bool bf16);

}  // namespace lexome
