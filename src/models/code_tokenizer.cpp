#include "models/code_tokenizer.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

constexpr int64_t kRowBases = 2048;
constexpr size_t kRowsOnAccelerator = 32;  // a forward pass; short of rows it is filled up

// A row and which of its bases it gives codes to.
struct CodedRow {
  size_t window = 0;
  int64_t start = 0, first = 0, end = 0;  // relative to the window
};

}  // namespace

CodeTokenizer::CodeTokenizer(std::shared_ptr<const FrozenVocabulary> vocabulary, std::string json,
                             bool bf16)
    : vocabulary_(std::move(vocabulary)),
      json_(std::move(json)),
      bf16_(bf16),
      rows_at_once_(vocabulary_->device().is_cuda() ? kRowsOnAccelerator : 1) {
  if (core_bases() < 1) {
    throw ConfigError("codes that see more than " + std::to_string(kRowBases / 2) +
                      " bases each side cannot be made in rows");
  }
  encode_one(Bases(1, kA));  // lays out the weights, which threads then only read
}

int64_t CodeTokenizer::core_bases() const { return kRowBases - sees().left - sees().right; }

int32_t CodeTokenizer::vocab_size(int level) const {
  return static_cast<int32_t>(vocabulary_->codes_per_level(level)) + 1;
}

SpecialIds CodeTokenizer::specials(int level) const {
  SpecialIds ids;
  ids.unk = vocab_size(level) - 1;
  return ids;
}

std::vector<Tokens> CodeTokenizer::encode(std::span<const Window> windows) const {
  std::vector<Tokens> out(windows.size());
  std::vector<CodedRow> rows;
  for (size_t w = 0; w < windows.size(); ++w) {
    const auto length = static_cast<int64_t>(windows[w].bases.size());
    out[w].covers = Covers::regular(0, 1, 1, static_cast<size_t>(length));
    out[w].levels.assign(static_cast<size_t>(num_levels()),
                         std::vector<int32_t>(static_cast<size_t>(length)));
    // A row's codes begin at a line; the first row's where the window does.
    const int64_t start = windows[w].locus.start, core = core_bases();
    int64_t line = (start + sees().left) / core * core - start;
    for (int64_t first = 0; first < length; line += core) {
      const int64_t end = std::min(length, line + core);
      rows.push_back({w, std::max<int64_t>(0, first - sees().left), first, end});
      first = end;
    }
  }
  const auto encode_rows = [&](size_t begin) {
    const size_t count = std::min(rows_at_once_, rows.size() - begin);
    std::vector<Bases> letters(rows_at_once_);
    for (size_t r = 0; r < count; ++r) {
      const CodedRow& row = rows[begin + r];
      const BasesView bases = windows[row.window].bases;
      const auto end = std::min<size_t>(bases.size(), static_cast<size_t>(row.end + sees().right));
      letters[r].assign(bases.begin() + row.start, bases.begin() + static_cast<ptrdiff_t>(end));
    }
    const Codes codes = vocabulary_->encode(letters, bf16_, kRowBases);
    for (size_t level = 0; level < codes.size(); ++level) {
      const Tensor host_BL = codes[level].to(torch::kCPU).contiguous();
      const int32_t unknown = specials(static_cast<int>(level)).unk;
      for (size_t r = 0; r < count; ++r) {
        const CodedRow& row = rows[begin + r];
        const int64_t* const of_row =
            host_BL.data_ptr<int64_t>() + static_cast<int64_t>(r) * kRowBases;
        std::vector<int32_t>& ids = out[row.window].levels[level];
        for (int64_t i = row.first; i < row.end; ++i) {
          const int64_t code = of_row[i - row.start];
          ids[static_cast<size_t>(i)] = code < 0 ? unknown : static_cast<int32_t>(code);
        }
      }
    }
  };
  if (rows_at_once_ > 1) {
    for (size_t begin = 0; begin < rows.size(); begin += rows_at_once_) encode_rows(begin);
  } else {
    // A row is computed by one thread, so that its codes do not depend on how many there are.
    at::parallel_for(0, static_cast<int64_t>(rows.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) encode_rows(static_cast<size_t>(row));
    });
  }
  return out;
}

Bases CodeTokenizer::decode(const Tokens& tokens) const {
  const auto length = static_cast<int64_t>(tokens.size());
  if (length == 0) return {};
  Codes codes;
  for (int level = 0; level < num_levels(); ++level) {
    const std::vector<int32_t>& ids = tokens.levels.at(static_cast<size_t>(level));
    const Tensor ids_1L = torch::tensor(ids, torch::kInt64).unsqueeze(0);
    codes.push_back(
        ids_1L.masked_fill(ids_1L.eq(specials(level).unk), -1).to(vocabulary_->device()));
  }
  const Tensor bases_L =
      vocabulary_->decode(codes, {length}, bf16_)[0].to(torch::kCPU).contiguous();
  const Tensor known_L = codes[0][0].ge(0).to(torch::kCPU).contiguous();
  Bases bases;
  for (int64_t i = 0; i < length; ++i) {
    bases.push_back(known_L.data_ptr<bool>()[i] ? static_cast<Base>(bases_L.data_ptr<int64_t>()[i])
                                                : kN);
  }
  return bases;
}

std::string CodeTokenizer::token_text(int32_t id, int level) const {
  return id == specials(level).unk ? "N" : std::to_string(id);
}

}  // namespace lexome
