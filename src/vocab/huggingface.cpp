// Hugging Face's tokenizer.json. Only what decides the tokens of DNA is read: vocabulary, merges,
// special tokens. Splitting at white space changes nothing for a sequence and is written as
// DNABERT-2 has it.
#include "vocab/huggingface.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/log.h"
#include "lexome/error.h"
#include "vocab/bpe.h"

namespace lexome {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

struct SpecialName {
  int32_t SpecialIds::*id;
  std::array<const char*, 3> texts;  // as the families write it
};
constexpr SpecialName kSpecialNames[] = {
    {&SpecialIds::unk, {"[UNK]", "<unk>", "<UNK>"}},
    {&SpecialIds::cls, {"[CLS]", "<cls>", "<s>"}},
    {&SpecialIds::sep, {"[SEP]", "<sep>", "</s>"}},
    {&SpecialIds::pad, {"[PAD]", "<pad>", "<PAD>"}},
    {&SpecialIds::mask, {"[MASK]", "<mask>", "<MASK>"}},
};

std::vector<std::string> token_texts(const Json& json, const std::string& origin) {
  const Json& vocab = json.at("model").at("vocab");
  std::vector<std::string> texts;
  const auto place = [&](const std::string& text, const Json& id) {
    const int64_t value = id.is_number_integer() ? id.get<int64_t>() : -1;
    if (value < 0 || value >= kMaxBpeTokens) {
      throw FormatError(origin + ": the id of token '" + text + "' is not in 0.." +
                        std::to_string(kMaxBpeTokens - 1));
    }
    const auto at = static_cast<size_t>(value);
    if (at >= texts.size()) texts.resize(at + 1);
    if (!texts[at].empty() && texts[at] != text) {
      throw FormatError(origin + ": tokens '" + texts[at] + "' and '" + text + "' share id " +
                        std::to_string(value));
    }
    texts[at] = text;
  };
  for (const auto& [text, id] : vocab.items()) place(text, id);
  if (json.contains("added_tokens") && json.at("added_tokens").is_array()) {
    for (const Json& added : json.at("added_tokens")) {
      if (added.is_object() && added.contains("content") && added.at("content").is_string() &&
          added.contains("id")) {
        place(added.at("content").get<std::string>(), added.at("id"));
      }
    }
  }
  for (size_t id = 0; id < texts.size(); ++id) {
    if (texts[id].empty()) texts[id] = "[unused" + std::to_string(id) + "]";
  }
  return texts;
}

SpecialIds special_ids(const Json& model, const std::vector<std::string>& texts) {
  SpecialIds ids;
  const auto id_of = [&](const std::string& text) {
    for (size_t id = 0; id < texts.size(); ++id) {
      if (texts[id] == text) return static_cast<int32_t>(id);
    }
    return -1;
  };
  for (const SpecialName& special : kSpecialNames) {
    for (const char* text : special.texts) {
      if (ids.*special.id < 0) ids.*special.id = id_of(text);
    }
  }
  if (model.contains("unk_token") && model.at("unk_token").is_string()) {
    ids.unk = id_of(model.at("unk_token").get<std::string>());
  }
  return ids;
}

// Merges as "A C" or as ["A", "C"], as texts of the first kind.
std::vector<std::string> merge_texts(const Json& merges, const std::string& origin) {
  std::vector<std::string> texts;
  for (const Json& merge : merges) {
    if (merge.is_string()) {
      texts.push_back(merge.get<std::string>());
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      texts.push_back(merge[0].get<std::string>() + " " + merge[1].get<std::string>());
    } else {
      throw FormatError(origin + ": merge " + std::to_string(texts.size() + 1) +
                        " is neither \"A C\" nor [\"A\", \"C\"]");
    }
  }
  return texts;
}

bool is_set(const Json& model, const char* key) {
  return model.contains(key) && !model.at(key).is_null() && model.at(key) != "" &&
         model.at(key) != false && model.at(key) != 0.0;
}

}  // namespace

std::unique_ptr<Tokenizer> from_huggingface(const Json& json, const std::string& origin) {
  const Json& model = json.at("model");
  if (!model.is_object() || !model.contains("vocab") || !model.at("vocab").is_object() ||
      !model.contains("merges") || !model.at("merges").is_array()) {
    throw FormatError(origin + ": not a BPE tokenizer.json (no vocabulary with merges)");
  }
  if (model.contains("type") && model.at("type") != "BPE") {
    throw FormatError(origin + ": the model is of type " + model.at("type").dump() +
                      "; only BPE is read");
  }
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"}) {
    if (is_set(model, key)) {
      throw FormatError(origin + ": '" + key + "' is set, which lexome does not follow");
    }
  }
  if (is_set(model, "dropout")) {
    log::warn_once("{}: merge dropout is not applied; encoding is deterministic", origin);
  }
  BpeVocabulary vocabulary;
  vocabulary.texts = token_texts(json, origin);
  vocabulary.specials = special_ids(model, vocabulary.texts);
  vocabulary.merges =
      merges_from_texts(merge_texts(model.at("merges"), origin), vocabulary.texts, origin);
  return make_bpe(std::move(vocabulary), origin);
}

std::string to_huggingface(const Tokenizer& tokenizer) {
  const BpeVocabulary* vocabulary = bpe_vocabulary(tokenizer);
  if (vocabulary == nullptr) {
    throw ConfigError(
        "only BPE vocabularies can be written as tokenizer.json of Hugging Face, not " +
        std::string(tokenizer.kind()));
  }
  const auto text = [&](int32_t id) { return vocabulary->texts[static_cast<size_t>(id)]; };
  const SpecialIds& specials = vocabulary->specials;
  OrderedJson added = OrderedJson::array();
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    if (!tokenizer.spelling(id).empty()) continue;
    added.push_back({{"id", id},
                     {"content", text(id)},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  OrderedJson vocab = OrderedJson::object();
  for (size_t id = 0; id < vocabulary->texts.size(); ++id) vocab[vocabulary->texts[id]] = id;
  OrderedJson merges = OrderedJson::array();
  for (const auto& [left, right] : vocabulary->merges)
    merges.push_back(text(left) + " " + text(right));
  OrderedJson post = nullptr;
  if (specials.cls >= 0 && specials.sep >= 0) {
    const auto piece = [](const char* kind, const std::string& id) {
      return OrderedJson{{kind, {{"id", id}, {"type_id", 0}}}};
    };
    const auto known = [&](int32_t id) {
      return OrderedJson{{"id", text(id)},
                         {"ids", OrderedJson::array({id})},
                         {"tokens", OrderedJson::array({text(id)})}};
    };
    const OrderedJson cls = piece("SpecialToken", text(specials.cls));
    const OrderedJson sep = piece("SpecialToken", text(specials.sep));
    OrderedJson second = piece("Sequence", "B"), second_sep = sep;
    second["Sequence"]["type_id"] = 1;
    second_sep["SpecialToken"]["type_id"] = 1;
    post = {
        {"type", "TemplateProcessing"},
        {"single", OrderedJson::array({cls, piece("Sequence", "A"), sep})},
        {"pair", OrderedJson::array({cls, piece("Sequence", "A"), sep, second, second_sep})},
        {"special_tokens",
         {{text(specials.cls), known(specials.cls)}, {text(specials.sep), known(specials.sep)}}}};
  }
  const OrderedJson whole = {{"version", "1.0"},
                             {"truncation", nullptr},
                             {"padding", nullptr},
                             {"added_tokens", std::move(added)},
                             {"normalizer", nullptr},
                             {"pre_tokenizer", {{"type", "Whitespace"}}},
                             {"post_processor", std::move(post)},
                             {"decoder", nullptr},
                             {"model",
                              {{"type", "BPE"},
                               {"dropout", nullptr},
                               {"unk_token", text(specials.unk)},
                               {"continuing_subword_prefix", nullptr},
                               {"end_of_word_suffix", nullptr},
                               {"fuse_unk", false},
                               {"vocab", std::move(vocab)},
                               {"merges", std::move(merges)}}}};
  return whole.dump(2) + "\n";
}

}  // namespace lexome
