// MxDNA as its published programs keep it: a folder with config.json (model_type "mxdna") and
// model.safetensors, under the names of the compact or of the sparse program, with the bases in the
// order A, T, C, G.
#pragma once

#include <string>

#include "lexome/engine.h"
#include "train/checkpoint.h"

namespace lexome {

// Whether config.json of the folder speaks of MxDNA. FormatError when it is not JSON.
bool is_mxdna_folder(const std::string& folder);

// The folder as a run. The names of the tensors tell the layout; --set model.* may change what the
// folder does not say. FormatError names an entry or a tensor that does not fit.
void mxdna_folder_to_run(const ConvertRequest& request);

// A pre-trained run as such a folder, under the names of its own layout. ConfigError for a
// fine-tuned run, and for options that the published programs do not have.
void run_to_mxdna_folder(const ConvertRequest& request, const LoadedModel& loaded);

}  // namespace lexome
