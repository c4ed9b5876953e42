// Prediction with a fine-tuned model, as a stream: one output row a sequence (two with --strand
// both), in input order, in bounded memory. No sequence ever vanishes: N, empty and too long ones
// are predicted too.
#pragma once

#include "lexome/engine.h"

namespace lexome {

// Columns: name, contig/start/end when the input has coordinates, strand (of the sequence as the
// model saw it: + as given, - its reverse complement, . for the mean of both), then label and
// p_<class> for each class, or value. ConfigError, InputError, IoError, FormatError.
void predict(const PredictRequest& request);

}  // namespace lexome
