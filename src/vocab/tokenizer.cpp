// Saving and loading tokenizers. A saved tokenizer carries sequences with the tokens they had when
// it was written; loading encodes them again and refuses the file on any difference, so that
// neither an edited file nor a changed program can hand a model other tokens than it was trained
// on.
#include "lexome/tokenizer.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "lexome/error.h"
#include "vocab/huggingface.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

constexpr const char* kFormatName = "lexome-tokenizer";
constexpr const char* kAlphabet = "ACGT";  // of learned vocabularies
constexpr uint64_t kSelfTestSeed = 20240229;

// A plain random sequence, one with repeats of every short period, and one with N at both ends,
// alone and in a run: what has gone wrong in tokenizers before.
std::vector<Bases> self_test_sequences() {
  Random random(kSelfTestSeed, Purpose::kTest);
  Bases plain;
  for (int i = 0; i < 240; ++i) plain.push_back(static_cast<Base>(random.below(4)));
  Bases repeats;
  for (int period = 1; period <= 6; ++period) {
    for (int i = 0; i < 31; ++i) repeats.push_back(plain[static_cast<size_t>(i % period)]);
  }
  Bases unknown(plain.begin(), plain.begin() + 90);
  for (size_t at : {0, 1, 17, 40, 41, 42, 43, 44, 89}) unknown[at] = kN;
  return {plain, repeats, unknown};
}

template <class Values>
std::string joined(size_t count, const Values& value) {
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ' ';
    text += std::to_string(value(i));
  }
  return text;
}

nlohmann::ordered_json self_test_record(const Tokenizer& tokenizer, const Bases& bases) {
  const Tokens tokens = tokenizer.encode_one(bases);
  nlohmann::ordered_json levels = nlohmann::ordered_json::array();
  for (const std::vector<int32_t>& ids : tokens.levels) {
    levels.push_back(joined(ids.size(), [&](size_t i) { return ids[i]; }));
  }
  const size_t n = tokens.size();
  return {{"bases", to_letters(bases)},
          {"ids", std::move(levels)},
          {"starts", joined(n, [&](size_t i) { return tokens.covers[i].start; })},
          {"lengths", joined(n, [&](size_t i) { return tokens.covers[i].length; })}};
}

void check_self_test(const Tokenizer& tokenizer, const nlohmann::json& body,
                     const std::string& origin) {
  const auto tests = body.find("self_test");
  if (tests == body.end() || !tests->is_array() || tests->empty()) {
    throw FormatError(origin + ": no self_test in this vocabulary: it was cut or edited");
  }
  for (const nlohmann::json& test : *tests) {
    const Bases bases = bases_from(saved_text(test, "bases", origin), origin);
    const nlohmann::json now = nlohmann::json::parse(self_test_record(tokenizer, bases).dump());
    for (const char* key : {"ids", "starts", "lengths"}) {
      if (!test.contains(key) || test.at(key) != now.at(key)) {
        throw FormatError(
            origin + ": self-test sequence " + std::to_string(&test - &tests->front() + 1) +
            " gives other " + key +
            " than when this vocabulary was saved: the file was edited, or this lexome "
            "encodes differently; learn the vocabulary again");
      }
    }
  }
}

nlohmann::json parsed(const std::string& text, const std::string& origin) {
  nlohmann::json whole = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (whole.is_discarded() || !whole.is_object()) {
    throw FormatError(origin + ": not a vocabulary (no JSON object): was it cut short?");
  }
  return whole;
}

void check_envelope(const nlohmann::json& whole, const std::string& origin) {
  if (!whole.contains("format") || whole.at("format") != kFormatName) {
    throw FormatError(origin + ": neither a lexome vocabulary nor a Hugging Face tokenizer.json");
  }
  const int64_t version = saved_integer(whole, "version", origin);
  if (version > kTokenizerVersion) {
    throw FormatError(origin + ": vocabulary version " + std::to_string(version) +
                      " is newer than this lexome, which reads up to " +
                      std::to_string(kTokenizerVersion) + ": update lexome");
  }
}

nlohmann::ordered_json envelope(const std::string& kind, const std::string& about,
                                const nlohmann::ordered_json& body) {
  nlohmann::ordered_json whole = {
      {"format", kFormatName}, {"version", kTokenizerVersion}, {"kind", kind}, {"about", about}};
  whole.update(body);
  return whole;
}

const nlohmann::json& saved_value(const nlohmann::json& body, const char* key,
                                  const std::string& origin) {
  const auto found = body.is_object() ? body.find(key) : body.end();
  if (!body.is_object() || found == body.end()) {
    throw FormatError(origin + ": no '" + key + "' in this vocabulary: it was cut or edited");
  }
  return *found;
}

}  // namespace

Tokens Tokenizer::encode_one(BasesView bases) const {
  Window window;
  window.bases = bases;
  return std::move(encode(std::span<const Window>(&window, 1)).front());
}

std::string learned_json(const std::string& kind, const std::string& about,
                         const std::vector<LearnedLevel>& levels) {
  nlohmann::ordered_json listed = nlohmann::ordered_json::array();
  for (const LearnedLevel& level : levels)
    listed.push_back({{"codes", level.codes}, {"sees", level.sees}});
  return envelope(kind, about, {{"alphabet", kAlphabet}, {"levels", listed}}).dump(1) + "\n";
}

LearnedFile read_learned(const std::string& text, const std::string& origin) {
  const nlohmann::json whole = parsed(text, origin);
  check_envelope(whole, origin);
  LearnedFile file;
  file.kind = saved_text(whole, "kind", origin);
  file.about = saved_text(whole, "about", origin);
  if (!is_learned_vocabulary(file.kind)) {
    throw InputError(origin + ": " + file.about +
                     ", where a vocabulary that a network learned is needed (`lexome vocab hrq` "
                     "makes one)");
  }
  const std::string alphabet = saved_text(whole, "alphabet", origin);
  if (alphabet != kAlphabet) {
    throw InputError(origin + ": a vocabulary over the alphabet " + alphabet +
                     ", and this lexome reads " + kAlphabet);
  }
  const auto levels = whole.find("levels");
  if (levels == whole.end() || !levels->is_array() || levels->empty()) {
    throw FormatError(origin + ": names no levels");
  }
  for (const nlohmann::json& level : *levels) {
    file.levels.push_back(
        {saved_integer(level, "codes", origin), saved_integer(level, "sees", origin)});
  }
  return file;
}

bool is_learned_file(const std::string& path) {
  const nlohmann::json whole =
      nlohmann::json::parse(read_text_file(path), nullptr, /*allow_exceptions=*/false);
  return whole.is_object() && whole.contains("kind") && whole["kind"].is_string() &&
         is_learned_vocabulary(whole["kind"].get<std::string>());
}

bool is_learned_vocabulary_folder(const std::string& path) {
  const std::string file = (std::filesystem::path(path) / "tokenizer.json").string();
  return std::filesystem::is_regular_file(file) && is_learned_file(file);
}

std::string vocabulary_about(const std::string& path) {
  return is_learned_file(path) ? read_learned(read_text_file(path), path).about
                               : load_tokenizer(path)->describe();
}

std::string saved_json(const Tokenizer& tokenizer, nlohmann::ordered_json body) {
  nlohmann::ordered_json whole =
      envelope(std::string(tokenizer.kind()), tokenizer.describe(), body);
  nlohmann::ordered_json tests = nlohmann::ordered_json::array();
  for (const Bases& bases : self_test_sequences()) {
    tests.push_back(self_test_record(tokenizer, bases));
  }
  whole["self_test"] = std::move(tests);
  return whole.dump(1) + "\n";
}

int64_t saved_integer(const nlohmann::json& body, const char* key, const std::string& origin) {
  const nlohmann::json& value = saved_value(body, key, origin);
  if (!value.is_number_integer()) {
    throw FormatError(origin + ": '" + key + "' must be an integer");
  }
  return value.get<int64_t>();
}

std::string saved_text(const nlohmann::json& body, const char* key, const std::string& origin) {
  const nlohmann::json& value = saved_value(body, key, origin);
  if (!value.is_string()) throw FormatError(origin + ": '" + key + "' must be text");
  return value.get<std::string>();
}

bool spells_nothing(const Tokenizer& tokenizer, int32_t id) {
  return id < 0 || id >= tokenizer.vocab_size() || tokenizer.spelling(id).empty();
}

Bases spelled_bases(const Tokenizer& tokenizer, const Tokens& tokens) {
  Bases bases;
  if (tokens.size() == 0) return bases;
  const std::vector<int32_t>& ids = tokens.levels.at(0);
  if (tokenizer.tiles()) {
    for (size_t i = 0; i < ids.size(); ++i) {
      if (spells_nothing(tokenizer, ids[i])) {
        bases.insert(bases.end(), tokens.covers[i].length, kN);
      } else {
        const BasesView spelling = tokenizer.spelling(ids[i]);
        bases.insert(bases.end(), spelling.begin(), spelling.end());
      }
    }
    return bases;
  }
  const uint32_t first = tokens.covers[0].start;
  for (size_t i = 0; i < ids.size(); ++i) {
    const Cover cover = tokens.covers[i];
    if (cover.end() - first > bases.size()) bases.resize(cover.end() - first, kN);
    if (spells_nothing(tokenizer, ids[i])) continue;
    const BasesView spelling = tokenizer.spelling(ids[i]);
    const size_t length = std::min<size_t>(spelling.size(), cover.length);
    std::copy_n(spelling.begin(), length, bases.begin() + (cover.start - first));
  }
  return bases;
}

std::shared_ptr<const Tokenizer> tokenizer_from_json(const std::string& text,
                                                     const std::string& origin,
                                                     std::span<const TokenizerEntry> table) {
  const nlohmann::json whole = parsed(text, origin);
  if (!whole.contains("format") && whole.contains("model")) {
    return from_huggingface(whole, origin);
  }
  check_envelope(whole, origin);
  const std::string kind = saved_text(whole, "kind", origin);
  for (const TokenizerEntry& entry : table) {
    if (kind != entry.name) continue;
    std::shared_ptr<const Tokenizer> tokenizer = entry.load(whole, origin);
    check_self_test(*tokenizer, whole, origin);
    return tokenizer;
  }
  if (is_learned_vocabulary(kind)) {
    throw InputError(origin + ": a vocabulary that a network learned (" + kind +
                     "), and this needs one that reads bases without a network; `lexome list "
                     "tokenizers` shows which do");
  }
  throw FormatError(origin + ": this lexome has no tokenizer '" + kind +
                    "': `lexome list` shows them all");
}

std::shared_ptr<const Tokenizer> tokenizer_from_json(const std::string& text,
                                                     const std::string& origin) {
  return tokenizer_from_json(text, origin, tokenizer_registry());
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path) {
  std::string file = path;
  if (std::filesystem::is_directory(path)) {
    file = (std::filesystem::path(path) / "tokenizer.json").string();
    if (!std::filesystem::exists(file)) {
      throw InputError(path +
                       ": no tokenizer.json in this folder: it is neither a vocabulary nor a "
                       "checkpoint");
    }
  }
  return tokenizer_from_json(read_text_file(file), file);
}

void save_tokenizer(const Tokenizer& tokenizer, const std::string& path) {
  write_text_file(path, tokenizer.to_json());
}

}  // namespace lexome
