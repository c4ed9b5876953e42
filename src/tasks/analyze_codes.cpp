#include "tasks/analyze_codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/output_folder.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/text.h"
#include "models/code_tokenizer.h"
#include "nn/codebook.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/load_vocabulary.h"

namespace lexome {
namespace {

constexpr int64_t kStrandBases = 300'000;                  // read on both strands
constexpr int64_t kFirstRows = 128, kFirstRowBases = 512;  // make the untrained network's codebooks
constexpr int64_t kRowsPerCluster = 64, kChunk = 1 << 14;  // of k-means; windows assigned at once

// The start of each stretch that is read on the other strand as well.
std::vector<int64_t> strand_parts(const std::vector<Stretch>& stretches) {
  std::vector<int64_t> parts;
  int64_t left = kStrandBases;
  for (const Stretch& stretch : stretches) {
    parts.push_back(std::min(left, static_cast<int64_t>(stretch.bases.size())));
    left -= parts.back();
  }
  return parts;
}

// Something that labels every base of a sequence on one or several levels.
using Labeller = std::function<std::vector<std::vector<int32_t>>(const Bases& bases)>;

// Fills labels and reverse of one labelling a level.
void label(const std::vector<Stretch>& stretches, const std::string& what,
           const Labeller& labels_of, std::vector<Labelling*> levels) {
  const std::vector<int64_t> parts = strand_parts(stretches);
  int64_t total = 0, done = 0;
  for (size_t s = 0; s < stretches.size(); ++s)
    total += static_cast<int64_t>(stretches[s].bases.size()) + parts[s];
  Progress progress(what, total, "bp");
  for (size_t s = 0; s < stretches.size(); ++s) {
    const Bases& bases = stretches[s].bases;
    std::vector<std::vector<int32_t>> labels = labels_of(bases);
    const Bases part(bases.begin(), bases.begin() + static_cast<ptrdiff_t>(parts[s]));
    std::vector<std::vector<int32_t>> reverse = labels_of(reverse_complement(part));
    for (size_t level = 0; level < levels.size(); ++level) {
      std::reverse(reverse[level].begin(), reverse[level].end());
      // What the network saw behind the part's end is not what stands there.
      const auto edge = std::min<size_t>(static_cast<size_t>(levels[level]->reach), part.size());
      if (part.size() < bases.size()) std::fill_n(reverse[level].rbegin(), edge, -1);
      levels[level]->labels.push_back(std::move(labels[level]));
      levels[level]->reverse.push_back(std::move(reverse[level]));
    }
    done += static_cast<int64_t>(bases.size()) + parts[s];
    progress.update(done);
  }
  progress.finish();
}

Labeller labels_by(const CodeTokenizer& tokenizer) {
  return [&tokenizer](const Bases& bases) {
    Tokens tokens = tokenizer.encode_one(bases);
    for (size_t level = 0; level < tokens.levels.size(); ++level) {
      std::replace(tokens.levels[level].begin(), tokens.levels[level].end(),
                   tokenizer.specials(static_cast<int>(level)).unk, -1);
    }
    return std::move(tokens.levels);
  };
}

std::vector<Labelling> levels_of(const FrozenVocabulary& vocabulary, LabelKind kind,
                                 const std::string& name) {
  std::vector<Labelling> levels;
  for (int level = 0; level < vocabulary.levels(); ++level) {
    Labelling one;
    one.name = vocabulary.levels() == 1 ? name : fmt::format("{}, level {}", name, level + 1);
    one.kind = kind;
    one.level = level + 1;
    one.codes = vocabulary.codes_per_level(level);
    one.reach = vocabulary.sees(level).left;
    levels.push_back(std::move(one));
  }
  return levels;
}

void add_network(const std::vector<Stretch>& stretches, const CodeTokenizer& tokenizer,
                 std::vector<Labelling> levels, std::vector<Labelling>* into) {
  std::vector<Labelling*> places;
  for (Labelling& level : levels) places.push_back(&level);
  label(stretches, "codes: " + levels.front().name, labels_by(tokenizer), places);
  for (Labelling& level : levels) into->push_back(std::move(level));
}

// Windows of kFirstRowBases bases, evenly spaced.
std::vector<Bases> first_rows(const std::vector<Stretch>& stretches) {
  int64_t total = 0;
  for (const Stretch& stretch : stretches) total += static_cast<int64_t>(stretch.bases.size());
  const int64_t step = std::max(kFirstRowBases, total / kFirstRows);
  std::vector<Bases> rows;
  for (const Stretch& stretch : stretches) {
    const auto length = static_cast<int64_t>(stretch.bases.size());
    for (int64_t at = 0; at < length; at += step) {
      const auto begin = stretch.bases.begin() + at;
      rows.emplace_back(begin, begin + std::min(kFirstRowBases, length - at));
    }
  }
  return rows;
}

// Windows as rows of zeros and ones [L, 4 (2 reach + 1)], a view of the padded sequence.
Tensor one_hot_windows(const Bases& bases, int64_t reach) {
  const auto length = static_cast<int64_t>(bases.size());
  const Tensor letters = torch::zeros({(length + 2 * reach) * 4});
  float* const data = letters.data_ptr<float>();
  for (int64_t i = 0; i < length; ++i) {
    const Base base = bases[static_cast<size_t>(i)];
    if (base != kN) data[(reach + i) * 4 + base] = 1.0F;
  }
  return letters.as_strided({length, 4 * (2 * reach + 1)}, {4, 1});
}

Tensor known_bases(const Bases& bases) {
  const Tensor known = torch::empty({static_cast<int64_t>(bases.size())}, torch::kBool);
  for (size_t i = 0; i < bases.size(); ++i) known.data_ptr<bool>()[i] = bases[i] != kN;
  return known;
}

// k-means of windows as wide as a level sees, with as many clusters as it has codes.
Labelling clusters(const std::vector<Stretch>& stretches, const Labelling& level, uint64_t seed,
                   const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  Labelling out = level;
  out.kind = LabelKind::kClusters;
  out.name = fmt::format("k-means of {}-base windows", 2 * level.reach + 1);
  out.labels.clear();
  out.reverse.clear();
  int64_t total = 0;
  for (const Stretch& stretch : stretches) total += static_cast<int64_t>(stretch.bases.size());
  const int64_t wanted = kRowsPerCluster * level.codes;
  std::vector<Tensor> sample, real;
  for (size_t s = 0; s < stretches.size(); ++s) {
    const Bases& bases = stretches[s].bases;
    const auto length = static_cast<int64_t>(bases.size());
    Random random(seed, Purpose::kSample, static_cast<uint64_t>(level.level), s);
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < length; ++i) {
      if (random.chance(static_cast<double>(wanted) / static_cast<double>(total)))
        rows.push_back(i);
    }
    const Tensor at = torch::tensor(rows, torch::kInt64);
    sample.push_back(one_hot_windows(bases, level.reach).index_select(0, at));
    real.push_back(known_bases(bases).index_select(0, at));
  }
  Codebook book({}, level.codes, 4 * (2 * level.reach + 1), seed,
                static_cast<uint64_t>(level.level));
  book.to(device);
  book.initialise(torch::cat(sample).to(device), torch::cat(real).to(device), single_worker());
  const Labeller labels_of = [&](const Bases& bases) {
    const auto length = static_cast<int64_t>(bases.size());
    const Tensor windows = one_hot_windows(bases, level.reach), known = known_bases(bases);
    std::vector<int32_t> labels;
    labels.reserve(bases.size());
    for (int64_t first = 0; first < length; first += kChunk) {
      const int64_t end = std::min(length, first + kChunk);
      const Tensor codes = book.assign(windows.slice(0, first, end).contiguous().to(device),
                                       known.slice(0, first, end).to(device))
                               .to(torch::kCPU);
      labels.insert(labels.end(), codes.data_ptr<int64_t>(),
                    codes.data_ptr<int64_t>() + codes.numel());
    }
    return std::vector<std::vector<int32_t>>{std::move(labels)};
  };
  label(stretches, out.name, labels_of, {&out});
  return out;
}

}  // namespace

CodesSummary analyze_codes(const Machine& machine, const CodesRequest& request) {
  OutputFolder folder(request.out, "use.tsv", "an analysis of codes", request.force);
  const torch::Device device = choose_device(machine.device);
  const bool bf16 = choose_bf16(machine.precision, device);
  settle_threads(machine.threads);
  const LoadedVocabulary loaded = load_vocabulary(request.vocabulary, device);
  std::vector<std::string> notes = {
      fmt::format("Vocabulary: {}, {}.", request.vocabulary, loaded.vocabulary->describe())};
  const std::vector<Stretch> stretches = code_stretches(request, &notes);
  CodesFindings findings = read_references(stretches, request, std::move(notes));
  std::vector<Labelling> labellings;
  const CodeTokenizer tokenizer(loaded.vocabulary, loaded.tokenizer, bf16);
  add_network(stretches, tokenizer, levels_of(*loaded.vocabulary, LabelKind::kLearned, "codes"),
              &labellings);
  const size_t levels = labellings.size();
  const auto untrained = std::make_shared<const FrozenVocabulary>(loaded.options, request.seed,
                                                                  first_rows(stretches), device);
  add_network(stretches, CodeTokenizer(untrained, loaded.tokenizer, bf16),
              levels_of(*untrained, LabelKind::kUntrained, "untrained"), &labellings);
  for (size_t level = 0; level < levels; ++level)
    labellings.push_back(clusters(stretches, labellings[level], request.seed, device));
  labellings.push_back(word_labels(stretches));
  findings.notes.push_back(fmt::format(
      "Beside the codes: the same network untrained (seed {}), its codebooks by k-means of its "
      "features; k-means (k-means++, 10 rounds) of windows as wide as a level sees, one-hot, with "
      "as "
      "many clusters as the level has codes; 6-mers. Networks ran in {}.",
      request.seed, bf16 ? "bf16" : "fp32"));
  findings.notes.push_back(fmt::format(
      "Annotations: {} circular shifts within every stretch, the same for all labellings; labels "
      "with fewer than {} bases are not tested. The other strand: the first {} bases.",
      with_commas(request.shifts), kFewestUses, with_commas(kStrandBases)));
  analyze_labellings(stretches, std::move(labellings), request, &findings);
  write_findings(findings, request, folder.path());
  folder.commit();
  CodesSummary summary;
  summary.bases = findings.bases;
  summary.labellings = findings.labellings.size();
  for (const LabellingFindings& one : findings.labellings) {
    if (one.labelling.kind == LabelKind::kLearned) summary.enriched += one.annotations.found;
    if (one.labelling.kind == LabelKind::kWords) summary.enriched_words = one.annotations.found;
  }
  return summary;
}

}  // namespace lexome
