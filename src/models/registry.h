// The table of models: one line each in registry.cpp, one file each beside it.
#pragma once

#include "models/model.h"

namespace lexome {

std::unique_ptr<ModelMaker> dnabert_maker();
std::unique_ptr<ModelMaker> logo_maker();
std::unique_ptr<ModelMaker> mxdna_maker();
std::unique_ptr<ModelMaker> vqdna_maker();

}  // namespace lexome
