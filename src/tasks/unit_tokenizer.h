// The units that a run of MxDNA cuts, as a tokenizer. Its tokens have no ids but three columns: the
// expert (its place in model.experts), the router's score (its share of the softmax at the unit's
// centre) and whether an edge was forced (data/tokenize.h). A contig is cut at lines anchored at
// its start: the network reads a window around the stretch between two lines, and units are
// selected within the stretch. Windows given to `encode` say by `locus.start` where on the contig
// they lie.
#pragma once

#include <functional>
#include <memory>

#include "lexome/engine.h"
#include "lexome/tokenizer.h"
#include "models/mxdna.h"

namespace lexome {

struct UnitGrid {
  int64_t core = 0;   // bases between lines
  int64_t flank = 0;  // read on each side of them
};

// The same architecture with weights drawn afresh.
using FreshModel = std::function<std::shared_ptr<MxdnaModel>(uint64_t seed)>;

// An InsideUnits, too. `bases` reads single bases and frames them; bf16 as in `Pass`. The model's
// tensors must not change while the tokenizer lives. ConfigError for a grid that the model cannot
// read.
std::shared_ptr<const Tokenizer> make_unit_tokenizer(std::shared_ptr<MxdnaModel> model,
                                                     std::shared_ptr<const Tokenizer> bases,
                                                     UnitGrid grid, const torch::Device& device,
                                                     bool bf16, FreshModel fresh);

// From a run folder; of a run with model.unit_layout = none the tokenizer of its bases. InputError
// for another model.
LearnedTokenizer open_unit_tokenizer(const TokenizerRequest& request);

}  // namespace lexome
