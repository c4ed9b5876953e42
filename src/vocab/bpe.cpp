// The BPE tokenizer: words between N, covers from piece lengths, and its JSON.
#include "vocab/bpe.h"

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "lexome/error.h"
#include "vocab/bpe_learn.h"
#include "vocab/bpe_merger.h"
#include "vocab/bpe_opening.h"
#include "vocab/registry.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

bool is_special(const SpecialIds& specials, int32_t id) {
  return id == specials.pad || id == specials.unk || id == specials.cls || id == specials.sep ||
         id == specials.mask;
}

bool spelled_in_acgt(const std::string& text) {
  return !text.empty() && text.find_first_not_of("ACGT") == std::string::npos;
}

BpeRules rules_from(const BpeVocabulary& vocabulary, const std::string& origin) {
  if (vocabulary.texts.size() > static_cast<size_t>(kMaxBpeTokens)) {
    throw FormatError(origin + ": " + std::to_string(vocabulary.texts.size()) +
                      " tokens; lexome reads BPE vocabularies of at most " +
                      std::to_string(kMaxBpeTokens));
  }
  std::unordered_map<std::string, int32_t> ids;
  std::vector<Bases> spellings(vocabulary.texts.size());
  for (size_t id = 0; id < vocabulary.texts.size(); ++id) {
    const std::string& text = vocabulary.texts[id];
    if (!ids.emplace(text, static_cast<int32_t>(id)).second) {
      throw FormatError(origin + ": the token '" + text + "' stands twice in this vocabulary");
    }
    if (spelled_in_acgt(text) && !is_special(vocabulary.specials, static_cast<int32_t>(id))) {
      spellings[id] = bases_from(text, origin);
    }
  }
  for (const char* base : {"A", "C", "G", "T"}) {
    const auto found = ids.find(base);
    if (found == ids.end() || spellings[static_cast<size_t>(found->second)].empty()) {
      throw FormatError(origin + ": no token for the base " + base + ": no vocabulary of DNA");
    }
  }
  if (vocabulary.specials.unk < 0) {
    throw FormatError(origin + ": no unknown token: N could not be encoded");
  }
  std::vector<BpeRule> rules;
  size_t left_out = 0;
  for (size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const auto [left, right] = vocabulary.merges[rank];
    const auto known = [&](int32_t id) {
      return id >= 0 && static_cast<size_t>(id) < vocabulary.texts.size();
    };
    if (!known(left) || !known(right)) {
      throw FormatError(origin + ": merge " + std::to_string(rank + 1) + " names an unknown token");
    }
    if (spellings[static_cast<size_t>(left)].empty() ||
        spellings[static_cast<size_t>(right)].empty()) {
      ++left_out;
      continue;
    }
    const std::string text =
        vocabulary.texts[static_cast<size_t>(left)] + vocabulary.texts[static_cast<size_t>(right)];
    const auto result = ids.find(text);
    if (result == ids.end()) {
      throw FormatError(origin + ": merge " + std::to_string(rank + 1) + " makes '" + text +
                        "', which is no token of this vocabulary");
    }
    rules.push_back({static_cast<BpeSymbol>(left), static_cast<BpeSymbol>(right),
                     static_cast<BpeSymbol>(result->second)});
  }
  if (left_out > 0) {
    log::warn_once(
        "{}: {} merges of other letters than ACGT are never used (N is one unknown token)", origin,
        left_out);
  }
  try {
    return BpeRules(std::move(spellings), std::move(rules));
  } catch (const FormatError& error) {
    throw FormatError(origin + ": " + error.what());
  }
}

class BpeTokenizer final : public Tokenizer {
 public:
  BpeTokenizer(BpeVocabulary vocabulary, const std::string& origin)
      : vocabulary_(std::move(vocabulary)),
        rules_(rules_from(vocabulary_, origin)),
        opening_(rules_) {}

  std::string_view kind() const override { return "bpe"; }
  std::string describe() const override {
    return "BPE, " + std::to_string(vocabulary_.texts.size()) + " tokens, " +
           std::to_string(rules_.size()) + " merges, longest piece " +
           std::to_string(rules_.longest()) + " bp";
  }
  bool tiles() const override { return true; }
  // A token tells nothing but its own bases, so it sees no further than its cover; where covers
  // begin and end depends on bases far away, which is what being irregular says.
  bool regular() const override { return false; }
  int32_t vocab_size(int) const override { return static_cast<int32_t>(vocabulary_.texts.size()); }
  SpecialIds specials(int) const override { return vocabulary_.specials; }

  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    BpeMerger merger(rules_, &opening_);
    std::vector<BpeSymbol> symbols;
    std::vector<Tokens> all;
    all.reserve(windows.size());
    for (const Window& window : windows) {
      symbols.clear();
      encode_words(window.bases, &merger, &symbols);
      all.push_back(tokens_of(symbols));
    }
    return all;
  }

  Bases decode(const Tokens& tokens) const override { return spelled_bases(*this, tokens); }
  std::string token_text(int32_t id, int) const override {
    return vocabulary_.texts.at(static_cast<size_t>(id));
  }
  BasesView spelling(int32_t id, int) const override {
    return rules_.spelling(static_cast<BpeSymbol>(id));
  }
  std::string to_json() const override;

  const BpeVocabulary& vocabulary() const { return vocabulary_; }

 private:
  void encode_words(BasesView bases, BpeMerger* merger, std::vector<BpeSymbol>* symbols) const {
    for (size_t at = 0; at < bases.size();) {
      const auto stop = std::find(bases.begin() + static_cast<ptrdiff_t>(at), bases.end(), kN);
      const auto end = static_cast<size_t>(stop - bases.begin());
      if (end > at) merger->encode(bases.subspan(at, end - at), symbols);
      at = end;
      for (; at < bases.size() && bases[at] == kN; ++at) {
        symbols->push_back(static_cast<BpeSymbol>(vocabulary_.specials.unk));
      }
    }
  }

  Tokens tokens_of(const std::vector<BpeSymbol>& symbols) const {
    std::vector<Cover> covers(symbols.size());
    std::vector<int32_t> ids(symbols.size());
    uint32_t start = 0;
    for (size_t i = 0; i < symbols.size(); ++i) {
      ids[i] = symbols[i];
      covers[i] = {start, std::max<uint32_t>(1, rules_.length(symbols[i]))};
      start = covers[i].end();
    }
    Tokens tokens;
    tokens.covers = Covers::listed(std::move(covers));
    tokens.levels.push_back(std::move(ids));
    return tokens;
  }

  BpeVocabulary vocabulary_;
  BpeRules rules_;
  BpeOpening opening_;
};

constexpr const char* kSpecialKeys[] = {"pad", "unk", "cls", "sep", "mask"};

int32_t* special(SpecialIds* ids, size_t i) {
  int32_t* const members[] = {&ids->pad, &ids->unk, &ids->cls, &ids->sep, &ids->mask};
  return members[i];
}

std::string BpeTokenizer::to_json() const {
  nlohmann::ordered_json specials = nlohmann::ordered_json::object();
  SpecialIds ids = vocabulary_.specials;
  for (size_t i = 0; i < std::size(kSpecialKeys); ++i)
    specials[kSpecialKeys[i]] = *special(&ids, i);
  nlohmann::ordered_json merges = nlohmann::ordered_json::array();
  for (const auto& [left, right] : vocabulary_.merges) {
    merges.push_back(vocabulary_.texts[static_cast<size_t>(left)] + " " +
                     vocabulary_.texts[static_cast<size_t>(right)]);
  }
  nlohmann::ordered_json body = {
      {"specials", specials}, {"tokens", vocabulary_.texts}, {"merges", merges}};
  if (!vocabulary_.training.empty()) {
    body["training"] = nlohmann::json::parse(vocabulary_.training);  // keys in order of name
  }
  return saved_json(*this, std::move(body));
}

const nlohmann::json& array_of(const nlohmann::json& json, const char* key,
                               const std::string& origin) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) {
    throw FormatError(origin + ": '" + key + "' must be a list");
  }
  for (const nlohmann::json& item : *found) {
    if (!item.is_string()) throw FormatError(origin + ": '" + key + "' must be a list of texts");
  }
  return *found;
}

std::unique_ptr<Tokenizer> load_bpe(const nlohmann::json& json, const std::string& origin) {
  BpeVocabulary vocabulary;
  vocabulary.texts = array_of(json, "tokens", origin).get<std::vector<std::string>>();
  const auto specials = json.find("specials");
  if (specials == json.end()) throw FormatError(origin + ": no 'specials' in this vocabulary");
  for (size_t i = 0; i < std::size(kSpecialKeys); ++i) {
    const int64_t id = saved_integer(*specials, kSpecialKeys[i], origin);
    if (id < -1 || id >= static_cast<int64_t>(vocabulary.texts.size())) {
      throw FormatError(origin + ": the id of the special token '" + kSpecialKeys[i] +
                        "' is off the vocabulary");
    }
    *special(&vocabulary.specials, i) = static_cast<int32_t>(id);
  }
  vocabulary.merges = merges_from_texts(
      array_of(json, "merges", origin).get<std::vector<std::string>>(), vocabulary.texts, origin);
  if (json.contains("training")) vocabulary.training = json.at("training").dump();
  return make_bpe(std::move(vocabulary), origin);
}

}  // namespace

std::vector<std::pair<int32_t, int32_t>> merges_from_texts(const std::vector<std::string>& merges,
                                                           const std::vector<std::string>& texts,
                                                           const std::string& origin) {
  std::unordered_map<std::string, int32_t> ids;
  for (size_t id = 0; id < texts.size(); ++id) ids.emplace(texts[id], static_cast<int32_t>(id));
  std::vector<std::pair<int32_t, int32_t>> pairs;
  pairs.reserve(merges.size());
  for (const std::string& merge : merges) {
    const size_t space = merge.find(' ');
    const auto left = ids.find(merge.substr(0, space));
    const auto right = space == std::string::npos ? ids.end() : ids.find(merge.substr(space + 1));
    if (left == ids.end() || right == ids.end()) {
      throw FormatError(origin + ": merge " + std::to_string(pairs.size() + 1) + " ('" + merge +
                        "') is no pair of known tokens");
    }
    pairs.emplace_back(left->second, right->second);
  }
  return pairs;
}

std::unique_ptr<Tokenizer> make_bpe(BpeVocabulary vocabulary, const std::string& origin) {
  return std::make_unique<BpeTokenizer>(std::move(vocabulary), origin);
}

const BpeVocabulary* bpe_vocabulary(const Tokenizer& tokenizer) {
  const auto* bpe = dynamic_cast<const BpeTokenizer*>(&tokenizer);
  return bpe == nullptr ? nullptr : &bpe->vocabulary();
}

TokenizerEntry bpe_tokenizer() {
  return {"bpe", "byte-pair encoding: pieces of frequent neighbours", &bpe_vocab_trainer,
          &load_bpe};
}

}  // namespace lexome
