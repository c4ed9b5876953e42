// A k-mer tokenizer small enough to check by eye, with any stride and any reach beyond the cover,
// so that masking and collating are tested without the vocabularies of other floors. Ids: [PAD] 0,
// [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, then k-mers in ACGT order.
#pragma once

#include <string>
#include <vector>

#include "lexome/tokenizer.h"

namespace lexome::test {

class ToyTokenizer final : public Tokenizer {
 public:
  explicit ToyTokenizer(uint32_t k, uint32_t stride = 1, Sees sees = {}, bool regular = true)
      : k_(k), stride_(stride), sees_(sees), regular_(regular) {
    for (uint32_t code = 0; code < (1u << (2 * k)); ++code) {
      Bases word;
      for (uint32_t j = 0; j < k; ++j) {
        word.push_back(static_cast<Base>(code >> (2 * (k - 1 - j)) & 3u));
      }
      words_.push_back(word);
    }
  }
  std::string_view kind() const override { return "toy"; }
  std::string describe() const override { return "toy k-mers"; }
  Sees sees() const override { return sees_; }
  bool tiles() const override { return stride_ == k_; }
  bool regular() const override { return regular_; }
  int32_t vocab_size(int = 0) const override { return 5 + static_cast<int32_t>(words_.size()); }
  SpecialIds specials(int = 0) const override { return {0, 1, 2, 3, 4}; }
  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    std::vector<Tokens> all;
    for (const Window& window : windows) {
      Tokens tokens;
      tokens.levels.emplace_back();
      for (size_t at = 0; at + k_ <= window.bases.size(); at += stride_) {
        int32_t code = 0;
        bool known = true;
        for (const Base base : window.bases.subspan(at, k_)) {
          known = known && base != kN;
          code = code * 4 + (base & 3);
        }
        tokens.levels[0].push_back(known ? 5 + code : 1);
      }
      tokens.covers = Covers::regular(0, stride_, k_, tokens.levels[0].size());
      all.push_back(std::move(tokens));
    }
    return all;
  }
  Bases decode(const Tokens&) const override { return {}; }
  std::string token_text(int32_t id, int = 0) const override { return std::to_string(id); }
  BasesView spelling(int32_t id, int = 0) const override {
    return id < 5 ? BasesView() : BasesView(words_[static_cast<size_t>(id - 5)]);
  }
  std::string to_json() const override { return "{}"; }

  Tokens tokens_of(const Window& window) const { return encode({&window, 1})[0]; }

 private:
  uint32_t k_, stride_;
  Sees sees_;
  bool regular_;
  std::vector<Bases> words_;
};

}  // namespace lexome::test
