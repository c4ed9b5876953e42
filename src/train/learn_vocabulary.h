// Learning a vocabulary with a network (models/vqdna.h): from genomes and a recipe to a vocabulary
// folder, which is a run folder whose checkpoints hold network and codebooks. A recipe has the
// sections vocab, windows, train and evaluate.
#pragma once

#include <string>
#include <vector>

#include "data/window_plan.h"
#include "lexome/engine.h"
#include "lexome/options.h"
#include "models/vqdna.h"
#include "train/train_options.h"

namespace lexome {

// ConfigError for unknown keys, bad values, and a recipe made for another kind.
class VocabularyConfig {
 public:
  VocabularyConfig(const std::string& kind, const Recipe& recipe);
  VocabularyConfig(const VocabularyConfig&) = delete;  // fields point into it
  VocabularyConfig& operator=(const VocabularyConfig&) = delete;
  std::string dump() const { return schema_.dump(); }

  std::string name;  // vocab.name
  VqdnaOptions model;
  WindowOptions windows;
  TrainOptions train;
  int64_t health_windows = 256;  // held-out windows that codes are judged on

 private:
  Schema schema_;
};

// Name, help and options of every learned vocabulary.
std::vector<ComponentInfo> learned_vocabulary_texts();

// Learns it, logs the codes' health and leaves it in results.tsv. The vocabulary is that of the
// last step: reconstruction is all but perfect early and does not tell codebooks apart. Throws
// ConfigError, InputError, IoError, FormatError, Interrupted.
void learn_vocabulary(const VocabularyRequest& request);

}  // namespace lexome
