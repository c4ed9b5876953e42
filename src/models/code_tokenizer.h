// A learned vocabulary as a tokenizer like any other: one token a base, one id a level; the id
// after the last code stands for N. The network reads rows of one fixed shape, so that a stretch of
// DNA gets the same codes, bit for bit, whatever stands beside it in a call.
#pragma once

#include <memory>
#include <string>

#include "models/frozen_vocabulary.h"

namespace lexome {

class CodeTokenizer final : public Tokenizer {
 public:
  // `json`: the vocabulary's tokenizer.json. On a CPU rows are shared out among torch's threads.
  CodeTokenizer(std::shared_ptr<const FrozenVocabulary> vocabulary, std::string json, bool bf16);

  std::string_view kind() const override { return vocabulary_->kind(); }
  std::string describe() const override { return vocabulary_->describe(); }
  Sees sees() const override { return vocabulary_->sees(); }
  bool tiles() const override { return true; }
  bool regular() const override { return true; }
  int num_levels() const override { return vocabulary_->levels(); }
  int32_t vocab_size(int level = 0) const override;  // codes, and one for N
  SpecialIds specials(int level = 0) const override;
  // Rows stand at lines core_bases() apart, anchored where locus.start is 0, each with what its
  // codes see on both sides, so that pieces of a contig that hold as much agree with the whole.
  std::vector<Tokens> encode(std::span<const Window> windows) const override;
  Bases decode(const Tokens& tokens) const override;  // by the network's decoder
  std::string token_text(int32_t id, int level = 0) const override;
  BasesView spelling(int32_t id, int level = 0) const override { return {}; }
  std::string to_json() const override { return json_; }

  // Bases that get their codes from a row: 2,048 less what codes see.
  int64_t core_bases() const;

 private:
  std::shared_ptr<const FrozenVocabulary> vocabulary_;
  std::string json_;
  bool bf16_;
  size_t rows_at_once_;
};

}  // namespace lexome
