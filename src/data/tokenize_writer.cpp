// Text is put together by hand: a genome gives a line a base, and formatting is most of the work.
#include "data/tokenize_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/npy.h"
#include "base/text.h"
#include "data/tokenize_codes.h"
#include "lexome/error.h"

namespace lexome {
namespace {

void append(std::string* text, int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  text->append(digits, end);
}
void append(std::string* text, double number) { *text += fmt::format("{:.6g}", number); }

// What a token is called: its text in the vocabulary, or its bases where tokens have no ids.
class TokenTexts {
 public:
  explicit TokenTexts(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
    if (tokenizer.num_levels() != 1) return;
    for (int32_t id = 0; id < tokenizer.vocab_size(); ++id)
      texts_.push_back(tokenizer.token_text(id));
  }
  void add(const TokenizeRow& row, size_t i, std::string* text) const {
    if (!texts_.empty()) {
      *text += texts_[static_cast<size_t>(row.tokens->levels[0][i])];
      return;
    }
    if (!row.tokens->levels.empty()) {
      *text += names_of_levels(tokenizer_, *row.tokens, i);
      return;
    }
    const Cover cover = row.tokens->covers[i];
    for (uint32_t at = cover.start; at < cover.end(); ++at) *text += "ACGTN"[row.cell->bases[at]];
  }

 private:
  const Tokenizer& tokenizer_;
  std::vector<std::string> texts_;  // by id, where there is one level
};

// Twelve colours that a reader with any kind of colour vision tells apart from the next, from short
// tokens (pale) to long ones (dark): ColorBrewer's YlGnBu, spread.
const char* length_colour(int64_t length) {
  static constexpr const char* kColours[] = {
      "237,217,163", "199,233,180", "161,218,180", "127,205,187", "88,190,193", "65,182,196",
      "44,160,190",  "29,145,192",  "34,113,178",  "34,94,168",   "37,52,148",  "8,29,88"};
  return kColours[std::min<int64_t>(length, std::size(kColours)) - 1];
}

const std::vector<float>* column_of(const Tokens& tokens, const char* name) {
  for (const TokenColumn& column : tokens.columns) {
    if (column.name == name) return &column.values;
  }
  return nullptr;
}

// One token a line: TSV with all levels and columns, or BED6; BED9 where tokens have no ids, with
// the score in thousandths and a colour for the length.
class LineWriter final : public TokenizeWriter {
 public:
  LineWriter(const Tokenizer& tokenizer, const TokenizeRequest& request,
             const std::string& provenance)
      : out_(request.out, request.force), bed_(request.format == "bed"), texts_(tokenizer) {
    out_.write(provenance);
    const bool plain = tokenizer.num_levels() > 0;
    if (bed_ && !plain) out_.write("track name=\"units\" itemRgb=\"On\"\n");
    if (bed_) return;
    std::string columns = "#name\tstart\tend\tstrand\ttoken";
    for (int level = 0; level < tokenizer.num_levels(); ++level) {
      columns += level == 0 ? "\tid" : "\tid_" + std::to_string(level + 1);
    }
    for (const TokenColumn& column : tokenizer.encode_one({}).columns)
      columns += '\t' + column.name;
    out_.write(columns + "\n");
  }

  FormattedRow format(const TokenizeRow& row) const override {
    FormattedRow formatted;
    formatted.tokens = static_cast<int64_t>(row.chosen.size());
    std::string& text = formatted.text;
    text.reserve(row.chosen.size() * (row.cell->name->size() + 40));
    const bool plain = !row.tokens->levels.empty();
    const std::vector<float>* const scores = column_of(*row.tokens, "score");
    for (const size_t i : row.chosen) {
      text += *row.cell->name;
      text += '\t';
      append(&text, row.start(i));
      text += '\t';
      append(&text, row.end(i));
      text += bed_ ? "\t" : "\t+\t";
      texts_.add(row, i, &text);
      if (bed_) {
        text += '\t';
        append(&text, scores == nullptr ? int64_t{0} : int64_t{std::llround(1000 * (*scores)[i])});
        text += "\t+";
        if (!plain) {
          text += fmt::format("\t{}\t{}\t{}", row.start(i), row.end(i),
                              length_colour(row.end(i) - row.start(i)));
        }
        text += '\n';
        continue;
      }
      for (const std::vector<int32_t>& level : row.tokens->levels) {
        text += '\t';
        append(&text, int64_t{level[i]});
      }
      for (const TokenColumn& column : row.tokens->columns) {
        text += fmt::format("\t{:.6g}", column.values[i]);
      }
      text += '\n';
    }
    return formatted;
  }
  void write(const FormattedRow& row) override { out_.write(row.text); }
  void flush() override { out_.flush(); }
  void commit() override { out_.commit(); }

 private:
  OutputFile out_;
  bool bed_;
  TokenTexts texts_;
};

// One object a line: first where it all comes from, then one a row.
class JsonWriter final : public TokenizeWriter {
 public:
  JsonWriter(const TokenizeRequest& request, const std::string& provenance)
      : out_(request.out, request.force) {
    if (provenance.empty()) return;
    nlohmann::ordered_json origin = nlohmann::ordered_json::object();
    for (const std::string_view line : split(provenance, '\n')) {
      const size_t equals = line.find('=');
      if (line.size() < 3 || equals == std::string_view::npos) continue;
      origin[std::string(line.substr(2, equals - 2))] = std::string(line.substr(equals + 1));
    }
    out_.write(origin.dump() + "\n");
  }

  FormattedRow format(const TokenizeRow& row) const override {
    FormattedRow formatted;
    formatted.tokens = static_cast<int64_t>(row.chosen.size());
    std::string& text = formatted.text;
    text = "{\"name\":" + nlohmann::json(*row.cell->name).dump() + ",\"start\":";
    append(&text, row.range.start);
    text += ",\"end\":";
    append(&text, row.range.end);
    text += ",\"strand\":\"+\"";
    list(&text, "starts", row.chosen, [&](size_t i) { return row.start(i); });
    list(&text, "ends", row.chosen, [&](size_t i) { return row.end(i); });
    for (size_t level = 0; level < row.tokens->levels.size(); ++level) {
      list(&text, level == 0 ? "ids" : "ids_" + std::to_string(level + 1), row.chosen,
           [&](size_t i) { return int64_t{row.tokens->levels[level][i]}; });
    }
    for (const TokenColumn& column : row.tokens->columns) {
      list(&text, column.name, row.chosen, [&](size_t i) { return double{column.values[i]}; });
    }
    text += "}\n";
    return formatted;
  }
  void write(const FormattedRow& row) override { out_.write(row.text); }
  void flush() override { out_.flush(); }
  void commit() override { out_.commit(); }

 private:
  template <class Value>
  static void list(std::string* text, const std::string& key, const std::vector<size_t>& chosen,
                   const Value& value) {
    *text += ",\"" + key + "\":[";
    for (size_t n = 0; n < chosen.size(); ++n) {
      if (n > 0) *text += ',';
      append(text, value(chosen[n]));
    }
    *text += ']';
  }

  OutputFile out_;
};

std::string beside(const std::string& path, const std::string& ending) {
  const bool npy = path.size() > 4 && path.compare(path.size() - 4, 4, ".npy") == 0;
  return (npy ? path.substr(0, path.size() - 4) : path) + ending;
}

class NpyTokenWriter final : public TokenizeWriter {
 public:
  NpyTokenWriter(const Tokenizer& tokenizer, const TokenizeRequest& request,
                 const std::string& provenance)
      : ids_(request.out, "<i4", row_shape(tokenizer), request.force),
        covers_(beside(request.out, ".covers.npy"), "<u4", {2}, request.force),
        rows_(beside(request.out, ".rows.tsv"), request.force) {
    rows_.write(provenance + "#name\tstart\tend\tstrand\tfirst_token\ttokens\n");
  }

  FormattedRow format(const TokenizeRow& row) const override {
    FormattedRow formatted;
    formatted.tokens = static_cast<int64_t>(row.chosen.size());
    formatted.text = *row.cell->name + '\t';
    append(&formatted.text, row.range.start);
    formatted.text += '\t';
    append(&formatted.text, row.range.end);
    formatted.text += "\t+\t";
    formatted.ids.reserve(row.chosen.size() * row.tokens->levels.size());
    formatted.covers.reserve(row.chosen.size() * 2);
    for (const size_t i : row.chosen) {
      for (const auto& level : row.tokens->levels) formatted.ids.push_back(level[i]);
      formatted.covers.push_back(static_cast<uint32_t>(row.start(i) - row.range.start));
      formatted.covers.push_back(row.tokens->covers[i].length);
    }
    return formatted;
  }
  void write(const FormattedRow& row) override {
    rows_.write(row.text + std::to_string(written_) + '\t' + std::to_string(row.tokens) + '\n');
    written_ += row.tokens;
    ids_.write(std::span<const int32_t>(row.ids));
    covers_.write(std::span<const uint32_t>(row.covers));
  }
  void flush() override { rows_.flush(); }
  void commit() override {
    ids_.commit();
    covers_.commit();
    rows_.commit();
  }

 private:
  static std::vector<int64_t> row_shape(const Tokenizer& tokenizer) {
    return tokenizer.num_levels() > 1 ? std::vector<int64_t>{tokenizer.num_levels()}
                                      : std::vector<int64_t>{};
  }
  NpyWriter ids_, covers_;
  OutputFile rows_;
  int64_t written_ = 0;
};

}  // namespace

std::unique_ptr<TokenizeWriter> tokenize_writer(const Tokenizer& tokenizer,
                                                const TokenizeRequest& request,
                                                const std::string& provenance) {
  const std::string& format = request.format;
  const bool codes = makes_codes(tokenizer);
  if (format == "bed" && codes) return code_run_writer(tokenizer, request, provenance);
  if (format == "tsv" || format == "bed") {
    return std::make_unique<LineWriter>(tokenizer, request, provenance);
  }
  if (format == "json") return std::make_unique<JsonWriter>(request, provenance);
  if (format == "npy" && tokenizer.num_levels() == 0) {
    throw ConfigError("-O npy writes ids, and these tokens have none: choose tsv, bed or json");
  }
  if (format != "npy") {
    throw ConfigError("-O " + format + ": choose tsv, bed, json or npy");
  }
  if (request.out == "-") {
    throw ConfigError(
        "-O npy writes more than one file and cannot go to stdout: name the first with -o");
  }
  if (codes) {
    const std::string rows = beside(request.out, ".rows.tsv");
    check_output(rows, request.force);
    return code_array_writer(tokenizer, request, rows, provenance);
  }
  for (const char* ending : {".covers.npy", ".rows.tsv"}) {
    check_output(beside(request.out, ending), request.force);
  }
  return std::make_unique<NpyTokenWriter>(tokenizer, request, provenance);
}

}  // namespace lexome
