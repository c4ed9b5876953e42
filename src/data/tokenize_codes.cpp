#include "data/tokenize_codes.h"

#include <limits>

#include "base/file.h"
#include "base/npy.h"
#include "lexome/error.h"

namespace lexome {
namespace {

class CodeRunWriter final : public TokenizeWriter {
 public:
  CodeRunWriter(const Tokenizer& tokenizer, const TokenizeRequest& request,
                const std::string& provenance)
      : tokenizer_(tokenizer), out_(request.out, request.force) {
    out_.write(provenance);
  }

  FormattedRow format(const TokenizeRow& row) const override {
    FormattedRow formatted;
    formatted.tokens = static_cast<int64_t>(row.chosen.size());
    formatted.name = row.cell->name;
    const Tokens& tokens = *row.tokens;
    size_t before = 0;
    for (const size_t i : row.chosen) {
      bool same = !formatted.runs.empty() && formatted.runs.back().end == row.start(i);
      for (const std::vector<int32_t>& level : tokens.levels)
        same = same && level[i] == level[before];
      if (same) {
        formatted.runs.back().end = row.end(i);
      } else {
        formatted.runs.push_back(
            {row.start(i), row.end(i), names_of_levels(tokenizer_, tokens, i)});
      }
      before = i;
    }
    return formatted;
  }
  void write(const FormattedRow& row) override {
    for (const TokenRun& run : row.runs) {
      if (name_ != nullptr && *name_ == *row.name && last_.end == run.start &&
          last_.text == run.text) {
        last_.end = run.end;
        continue;
      }
      write_last();
      name_ = row.name;
      last_ = run;
    }
  }
  void flush() override { out_.flush(); }
  void commit() override {
    write_last();
    out_.commit();
  }

 private:
  void write_last() {
    if (name_ == nullptr) return;
    out_.write(*name_ + '\t' + std::to_string(last_.start) + '\t' + std::to_string(last_.end) +
               '\t' + last_.text + "\t0\t+\n");
  }

  const Tokenizer& tokenizer_;
  OutputFile out_;
  std::shared_ptr<const std::string> name_;
  TokenRun last_;  // may go on in the next row
};

class CodeArrayWriter final : public TokenizeWriter {
 public:
  CodeArrayWriter(const Tokenizer& tokenizer, const TokenizeRequest& request,
                  const std::string& rows_path, const std::string& provenance)
      : codes_(request.out, "<u2",
               tokenizer.num_levels() > 1 ? std::vector<int64_t>{tokenizer.num_levels()}
                                          : std::vector<int64_t>{},
               request.force),
        rows_(rows_path, request.force) {
    rows_.write(provenance + "#name\tstart\tend\tfirst_row\n");
  }

  FormattedRow format(const TokenizeRow& row) const override {
    FormattedRow formatted;
    formatted.tokens = static_cast<int64_t>(row.chosen.size());
    formatted.name = row.cell->name;
    formatted.runs.push_back({row.range.start, row.range.end, ""});
    formatted.codes.reserve(row.chosen.size() * row.tokens->levels.size());
    for (const size_t i : row.chosen) {
      for (const std::vector<int32_t>& level : row.tokens->levels)
        formatted.codes.push_back(static_cast<uint16_t>(level[i]));
    }
    return formatted;
  }
  void write(const FormattedRow& row) override {
    const TokenRun& stretch = row.runs.front();
    if (name_ != nullptr && *name_ == *row.name && end_ == stretch.start) {
      end_ = stretch.end;
    } else {
      write_stretch();
      name_ = row.name;
      start_ = stretch.start;
      end_ = stretch.end;
      first_ = written_;
    }
    written_ += row.tokens;
    codes_.write(std::span<const uint16_t>(row.codes));
  }
  void flush() override { rows_.flush(); }
  void commit() override {
    write_stretch();
    codes_.commit();
    rows_.commit();
  }

 private:
  void write_stretch() {
    if (name_ == nullptr) return;
    rows_.write(*name_ + '\t' + std::to_string(start_) + '\t' + std::to_string(end_) + '\t' +
                std::to_string(first_) + '\n');
  }

  NpyWriter codes_;
  OutputFile rows_;
  std::shared_ptr<const std::string> name_;
  int64_t start_ = 0, end_ = 0, first_ = 0, written_ = 0;
};

}  // namespace

bool makes_codes(const Tokenizer& tokenizer) {
  const Sees sees = tokenizer.sees();
  return tokenizer.regular() && tokenizer.tiles() && sees.left + sees.right > 0;
}

std::string names_of_levels(const Tokenizer& tokenizer, const Tokens& tokens, size_t token) {
  std::string names;
  for (size_t level = 0; level < tokens.levels.size(); ++level) {
    if (level > 0) names += '/';
    names += tokenizer.token_text(tokens.levels[level][token], static_cast<int>(level));
  }
  return names;
}

std::unique_ptr<TokenizeWriter> code_run_writer(const Tokenizer& tokenizer,
                                                const TokenizeRequest& request,
                                                const std::string& provenance) {
  return std::make_unique<CodeRunWriter>(tokenizer, request, provenance);
}

std::unique_ptr<TokenizeWriter> code_array_writer(const Tokenizer& tokenizer,
                                                  const TokenizeRequest& request,
                                                  const std::string& rows_path,
                                                  const std::string& provenance) {
  for (int level = 0; level < tokenizer.num_levels(); ++level) {
    if (tokenizer.vocab_size(level) - 1 <= std::numeric_limits<uint16_t>::max()) continue;
    throw ConfigError("-O npy holds codes up to 65,535, and level " + std::to_string(level + 1) +
                      " has more: write -O tsv");
  }
  if (request.n_policy != "keep") {
    throw ConfigError("-O npy has a row for every base: --n-policy " + request.n_policy +
                      " would leave some out");
  }
  return std::make_unique<CodeArrayWriter>(tokenizer, request, rows_path, provenance);
}

}  // namespace lexome
