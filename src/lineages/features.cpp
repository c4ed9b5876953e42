#include "lineages/features.h"

#include <fmt/format.h>

#include <algorithm>

#include "lineages/base_codes.h"
#include "vocab/kmer_scan.h"

namespace lexome {
namespace {

void add_row(const std::vector<std::pair<uint32_t, double>>& entries, SparseRows* rows) {
  for (const auto& [column, value] : entries) {
    rows->column.push_back(column);
    rows->value.push_back(value);
  }
  rows->begin.push_back(rows->column.size());
}

// Ids to shares of all ids.
void add_shares(std::vector<uint32_t>* ids, SparseRows* rows) {
  std::sort(ids->begin(), ids->end());
  std::vector<std::pair<uint32_t, double>> entries;
  const auto all = static_cast<double>(ids->size());
  for (size_t i = 0; i < ids->size();) {
    size_t end = i;
    while (end < ids->size() && (*ids)[end] == (*ids)[i]) ++end;
    entries.emplace_back((*ids)[i], static_cast<double>(end - i) / all);
    i = end;
  }
  add_row(entries, rows);
}

}  // namespace

FeatureRows base_features(const std::vector<Bases>& sequences) {
  FeatureRows features = word_features(sequences, 1);
  features.name = "one-hot";
  return features;
}

FeatureRows word_features(const std::vector<Bases>& sequences, int k) {
  FeatureRows features;
  features.name = fmt::format("{}-mer", k);
  features.rows.columns = size_t{1} << (2 * k);
  std::vector<uint32_t> ids;
  for (const Bases& bases : sequences) {
    ids.clear();
    scan_kmers<false>(bases, k, [&](uint64_t code) { ids.push_back(static_cast<uint32_t>(code)); });
    add_shares(&ids, &features.rows);
  }
  return features;
}

std::vector<FeatureRows> token_features(const std::vector<Bases>& sequences,
                                        const Tokenizer& tokenizer,
                                        const std::vector<std::string>& names) {
  std::vector<FeatureRows> levels(names.size());
  for (size_t l = 0; l < levels.size(); ++l) {
    levels[l].name = names[l];
    levels[l].rows.columns = static_cast<size_t>(tokenizer.vocab_size(static_cast<int>(l)));
  }
  const auto add = [&](const std::vector<std::vector<int32_t>>& of_level) {
    std::vector<uint32_t> ids;
    for (size_t l = 0; l < levels.size(); ++l) {
      const int32_t unknown = tokenizer.specials(static_cast<int>(l)).unk;
      ids.clear();
      for (const int32_t id : of_level[l]) {
        if (id >= 0 && id != unknown) ids.push_back(static_cast<uint32_t>(id));
      }
      add_shares(&ids, &levels[l].rows);
    }
  };
  if (gives_base_codes(tokenizer)) {
    for (const BaseCodes& codes : read_base_codes(sequences, tokenizer)) add(codes);
  } else {
    for (const Bases& bases : sequences) add(tokenizer.encode_one(bases).levels);
  }
  return levels;
}

SparseRows rows_at(const SparseRows& rows, const std::vector<size_t>& which) {
  SparseRows out;
  out.columns = rows.columns;
  for (const size_t r : which) {
    out.column.insert(out.column.end(),
                      rows.column.begin() + static_cast<std::ptrdiff_t>(rows.begin[r]),
                      rows.column.begin() + static_cast<std::ptrdiff_t>(rows.begin[r + 1]));
    out.value.insert(out.value.end(),
                     rows.value.begin() + static_cast<std::ptrdiff_t>(rows.begin[r]),
                     rows.value.begin() + static_cast<std::ptrdiff_t>(rows.begin[r + 1]));
    out.begin.push_back(out.column.size());
  }
  return out;
}

double squared_distance(const SparseRows& rows, size_t a, size_t b) {
  double sum = 0;
  size_t i = rows.begin[a], j = rows.begin[b];
  const size_t end_a = rows.begin[a + 1], end_b = rows.begin[b + 1];
  while (i < end_a || j < end_b) {
    const bool in_a = i < end_a && (j == end_b || rows.column[i] <= rows.column[j]);
    const bool in_b = j < end_b && (i == end_a || rows.column[j] <= rows.column[i]);
    const double apart = (in_a ? rows.value[i] : 0) - (in_b ? rows.value[j] : 0);
    sum += apart * apart;
    i += in_a;
    j += in_b;
  }
  return sum;
}

}  // namespace lexome
