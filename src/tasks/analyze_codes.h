// Labellings for `lexome analyze codes`: a vocabulary's levels, the same network untrained, and
// clusters of windows, over the same bases.
#pragma once

#include "codes/analysis.h"
#include "lexome/engine.h"

namespace lexome {

// Leaves request.out: use.tsv, labels.tsv, offsets.tsv, annotations.tsv, enrichment.tsv,
// levels.tsv, joint.tsv, strand.tsv, codes.meme, report.html, report.md; the folder appears whole
// or not at all. Throws ConfigError, InputError, IoError, FormatError.
CodesSummary analyze_codes(const Machine& machine, const CodesRequest& request);

}  // namespace lexome
