// What the tests of this floor share: a small DNABERT with fresh weights as a checkpoint, and
// labelled files with a signal that it can learn.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "base/random.h"
#include "lexome/bases.h"
#include "temporary_folder.h"
#include "tensor/tensor_io.h"
#include "train/checkpoint.h"
#include "vocab/kmer.h"

namespace lexome::testing {

using lexome_test::TemporaryFolder;

inline constexpr char kSmallModel[] =
    "model.name = \"dnabert\"\nmodel.layers = 2\nmodel.width = 32\nmodel.heads = 2\nmodel.ffn = "
    "64\n"
    "model.max_tokens = 66\n";

// A checkpoint as pre-training leaves it, but with fresh weights.
inline std::string make_small_checkpoint(const std::string& folder) {
  KmerOptions kmers;
  kmers.k = 3;
  const std::unique_ptr<Tokenizer> tokenizer = make_kmer(kmers);
  // No seed that a test trains with, so that fresh weights are others.
  const auto model = make_model(Recipe::from_text(kSmallModel, "test"), *tokenizer, 4711);
  CheckpointContents contents;
  contents.recipe = kSmallModel;
  contents.tokenizer = tokenizer->to_json();
  contents.model = named_tensors(*model);
  contents.state = {{"seed", 1}, {"step", 0}, {"loop", {{"bases", 12345}}}};
  save_checkpoint(folder, contents);
  return folder;
}

inline std::string random_letters(Random* random, int length) {
  std::string letters;
  for (int i = 0; i < length; ++i) letters += "ACGT"[random->below(4)];
  return letters;
}

// Rows of 40-48 bases; those of class "box" hold TATAAA somewhere.
inline std::string write_box_csv(const std::string& path, int rows, uint64_t seed) {
  std::ofstream file(path);
  file << "sequence,label\n";
  Random random(seed, Purpose::kTest, 77);
  for (int i = 0; i < rows; ++i) {
    std::string letters = random_letters(&random, 40 + static_cast<int>(random.below(9)));
    if (i % 2 == 0) letters.replace(random.below(34), 6, "TATAAA");
    file << letters << ',' << (i % 2 == 0 ? "box" : "none") << '\n';
  }
  return path;
}

}  // namespace lexome::testing
