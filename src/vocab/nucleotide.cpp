// The nucleotide tokenizer. N is read as the unknown token, which HyenaDNA's layout calls "N".
#include "vocab/nucleotide.h"

#include <array>
#include <utility>
#include <vector>

#include "lexome/error.h"
#include "vocab/registry.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

constexpr std::array<Base, 4> kFourBases = {kA, kC, kG, kT};

struct Layout {
  std::vector<std::string> texts;  // by id
  SpecialIds specials;
  int32_t first_base;
};

Layout layout_named(const std::string& name) {
  if (name == "plain") {
    return {{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "A", "C", "G", "T"},
            {.pad = 0, .unk = 1, .cls = 2, .sep = 3, .mask = 4},
            5};
  }
  if (name == "hyenadna") {
    return {{"[CLS]", "[SEP]", "[BOS]", "[MASK]", "[PAD]", "[RESERVED]", "[UNK]", "A", "C", "G",
             "T", "N"},
            {.pad = 4, .unk = 11, .cls = 0, .sep = 1, .mask = 3},
            7};
  }
  throw ConfigError("vocab.layout = '" + name + "': choose plain or hyenadna");
}

class NucleotideTokenizer final : public Tokenizer {
 public:
  NucleotideTokenizer(std::string layout, const Sees& sees)
      : name_(std::move(layout)), layout_(layout_named(name_)), sees_(sees) {
    for (const Base base : kFourBases) id_of_[base] = layout_.first_base + base;
    id_of_[kN] = layout_.specials.unk;
  }

  std::string_view kind() const override { return "nucleotide"; }
  std::string describe() const override {
    std::string text =
        "single nucleotides, " + std::to_string(layout_.texts.size()) + " tokens (" + name_ + ")";
    if (sees_.left > 0 || sees_.right > 0) {
      text += ", each read with " + std::to_string(sees_.left) + " bases before and " +
              std::to_string(sees_.right) + " behind";
    }
    return text;
  }
  Sees sees() const override { return sees_; }
  bool tiles() const override { return true; }
  bool regular() const override { return true; }
  int32_t vocab_size(int) const override { return static_cast<int32_t>(layout_.texts.size()); }
  SpecialIds specials(int) const override { return layout_.specials; }

  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    std::vector<Tokens> all(windows.size());
    for (size_t w = 0; w < windows.size(); ++w) {
      const BasesView bases = windows[w].bases;
      std::vector<int32_t> ids(bases.size());
      for (size_t i = 0; i < bases.size(); ++i) ids[i] = id_of_[bases[i]];
      all[w].covers = Covers::regular(0, 1, 1, bases.size());
      all[w].levels.push_back(std::move(ids));
    }
    return all;
  }

  Bases decode(const Tokens& tokens) const override { return spelled_bases(*this, tokens); }
  std::string token_text(int32_t id, int) const override {
    return layout_.texts.at(static_cast<size_t>(id));
  }
  BasesView spelling(int32_t id, int) const override {
    const int32_t base = id - layout_.first_base;
    return base >= 0 && base < 4 ? BasesView(&kFourBases[static_cast<size_t>(base)], 1)
                                 : BasesView();
  }
  std::string to_json() const override {
    nlohmann::ordered_json body = {{"layout", name_}};
    if (sees_.left > 0 || sees_.right > 0) {
      body["sees_left"] = sees_.left;
      body["sees_right"] = sees_.right;
    }
    return saved_json(*this, std::move(body));
  }

 private:
  std::string name_;
  Layout layout_;
  Sees sees_;
  std::array<int32_t, 5> id_of_{};
};

class NucleotideTrainer final : public VocabTrainer {
 public:
  Fields fields() override {
    Fields fields("vocab");
    fields.choice("layout", &layout_, {"plain", "hyenadna"},
                  "where special tokens and bases stand among the ids");
    return fields;
  }
  std::unique_ptr<Tokenizer> train(const GenomeSet&, const VocabContext&) override {
    return make_nucleotide(layout_);
  }

 private:
  std::string layout_ = "plain";
};

}  // namespace

std::unique_ptr<Tokenizer> make_nucleotide(const std::string& layout, const Sees& sees) {
  return std::make_unique<NucleotideTokenizer>(layout, sees);
}

TokenizerEntry nucleotide_tokenizer() {
  return {"nucleotide", "one token a base",
          []() -> std::unique_ptr<VocabTrainer> { return std::make_unique<NucleotideTrainer>(); },
          [](const nlohmann::json& json, const std::string& origin) {
            const std::string layout = saved_text(json, "layout", origin);
            if (layout != "plain" && layout != "hyenadna") {
              throw FormatError(origin + ": unknown layout '" + layout + "'");
            }
            Sees sees;
            if (json.contains("sees_left")) {
              sees = {saved_integer(json, "sees_left", origin),
                      saved_integer(json, "sees_right", origin)};
            }
            if (sees.left < 0 || sees.right < 0) {
              throw FormatError(origin + ": 'sees_left' and 'sees_right' must be 0 or more");
            }
            return make_nucleotide(layout, sees);
          }};
}

}  // namespace lexome
