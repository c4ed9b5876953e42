// A learned vocabulary as a part of a model: frozen, it gives each base its codes and the vector
// that stands for them, always in fp32, so that what it says does not depend on who asks. The
// model's tokens are single bases between special tokens, and a code takes the place of its base.
// Shape letters: B rows, T tokens, C width of a code.
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "lexome/options.h"
#include "lexome/tokenizer.h"
#include "models/frozen_vocabulary.h"

namespace lexome {

inline constexpr char kCodesPart[] = "codes";  // what the part of a model is called

// What a ModelMaker is besides when its model reads codes.
class CodesReader {
 public:
  virtual ~CodesReader() = default;
  virtual Fields codes_fields() = 0;  // section "model.codes"
  // Before make: takes in a vocabulary, whose network becomes a frozen part of the model, and gives
  // the tokenizer that goes with it. ConfigError when the recipe names another vocabulary.
  virtual std::shared_ptr<const Tokenizer> adopt(const LoadedVocabulary& loaded) = 0;
};

// The options of a frozen network, as its vocabulary was learned: keys model.codes.*.
struct FrozenCodesOptions {
  VqdnaOptions network;
  std::string sha256;  // of the vocabulary's checkpoint: model.codes.sha256; empty: none taken in
  // Null: a checkpoint of the model will bring the tensors.
  std::shared_ptr<const FrozenVocabulary> vocabulary;
  Fields fields();
  // Takes in a vocabulary. ConfigError when these options name another one.
  void adopt(const LoadedVocabulary& loaded);
};

class FrozenCodes {
 public:
  FrozenCodes() = default;
  // Registers the vocabulary's network as "codes" of `root`. `tokenizer` is one of single bases;
  // ConfigError else.
  FrozenCodes(torch::nn::Module& root, const FrozenCodesOptions& options,
              const Tokenizer& tokenizer);
  const FrozenVocabulary& vocabulary() const { return *vocabulary_; }

  // The base of each token, i64 [B, T]: 0 to 3, or 4 where the token is none.
  Tensor bases_of(const Tensor& ids_BT) const;
  struct Read {
    Codes codes_BT;      // -1 where no base stands
    Tensor vectors_BTC;  // fp32; zeros where no base stands
  };
  // Reads `bases_BT` as the rows whose special tokens `ids_BT` shows.
  Read read(const Tensor& bases_BT, const Tensor& ids_BT, const Tensor& lengths_B) const;

 private:
  std::shared_ptr<const FrozenVocabulary> vocabulary_;
  SpecialIds specials_;
  std::vector<int64_t> base_of_id_;
};

}  // namespace lexome
