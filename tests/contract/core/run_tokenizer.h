// A tokenizer that is not lexome's own, as someone would add it: this one file, and one line in a
// table. Runs of one base, up to eight long, are tokens.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "vocab/registry.h"
#include "vocab/saved.h"

namespace lexome::test {

class RunTokenizer final : public Tokenizer {
 public:
  RunTokenizer() {
    for (Base base = 0; base < 4; ++base) {
      for (size_t length = 1; length <= kLongest; ++length) spellings_.emplace_back(length, base);
    }
  }
  std::string_view kind() const override { return "runs"; }
  std::string describe() const override { return "runs of one base"; }
  bool tiles() const override { return true; }
  bool regular() const override { return false; }
  int32_t vocab_size(int) const override {
    return kFirst + static_cast<int32_t>(spellings_.size());
  }
  SpecialIds specials(int) const override { return {.pad = 0, .unk = 1}; }
  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    std::vector<Tokens> all;
    for (const Window& window : windows) {
      std::vector<Cover> covers;
      std::vector<int32_t> ids;
      for (size_t at = 0; at < window.bases.size();) {
        const Base base = window.bases[at];
        size_t end = at + 1;
        while (base != kN && end < window.bases.size() && end < at + kLongest &&
               window.bases[end] == base) {
          ++end;
        }
        covers.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(end - at)});
        ids.push_back(base == kN ? 1
                                 : kFirst + static_cast<int32_t>(base * kLongest + end - at - 1));
        at = end;
      }
      Tokens& tokens = all.emplace_back();
      tokens.covers = Covers::listed(std::move(covers));
      tokens.levels.push_back(std::move(ids));
    }
    return all;
  }
  Bases decode(const Tokens& tokens) const override { return spelled_bases(*this, tokens); }
  std::string token_text(int32_t id, int) const override {
    return id < kFirst ? (id == 0 ? "[PAD]" : "[UNK]") : to_letters(spelling(id, 0));
  }
  BasesView spelling(int32_t id, int) const override {
    return id < kFirst ? BasesView() : BasesView(spellings_[static_cast<size_t>(id - kFirst)]);
  }
  std::string to_json() const override {
    return saved_json(*this, nlohmann::ordered_json::object());
  }

 private:
  static constexpr int32_t kFirst = 2;
  static constexpr size_t kLongest = 8;
  std::vector<Bases> spellings_;
};

class RunTrainer final : public VocabTrainer {
 public:
  Fields fields() override { return Fields("vocab"); }
  std::unique_ptr<Tokenizer> train(const GenomeSet&, const VocabContext&) override {
    return std::make_unique<RunTokenizer>();
  }
};

inline TokenizerEntry runs_tokenizer() {
  return {"runs", "runs of one base",
          []() -> std::unique_ptr<VocabTrainer> { return std::make_unique<RunTrainer>(); },
          [](const nlohmann::json&, const std::string&) -> std::unique_ptr<Tokenizer> {
            return std::make_unique<RunTokenizer>();
          }};
}

}  // namespace lexome::test
