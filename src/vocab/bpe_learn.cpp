// Reads genomes as training text. Where the text would not fit the memory limit, a sample of cells
// of each genome is taken, more of genomes with more weight; which cells is a function of the seed.
#include "vocab/bpe_learn.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kCell = 50'000;     // bases sampled together: long against any piece
constexpr int64_t kBlock = 1 << 20;   // bases fetched at a time
constexpr double kWeightUnit = 1000;  // weights count in thousandths of the smallest

struct Stretch {
  int contig;
  int64_t start, end;
};

// What is read of one genome, and what its pairs weigh.
struct Share {
  std::vector<Stretch> stretches;
  int64_t bases = 0;
  double rate = 1;     // of its cells
  int64_t weight = 1;  // of each of its pairs
};

int64_t bytes_per_base(int64_t bases) {
  return bases >= int64_t{1} << 31 ? kBpeWideBytesPerBase : kBpeBytesPerBase;
}

// Rates in proportion to the weights, none above 1, that together keep `budget` bases.
std::vector<double> sampling_rates(const std::vector<int64_t>& bases,
                                   const std::vector<double>& weights, double budget) {
  std::vector<double> rates(bases.size(), 0);
  for (;;) {
    double left = budget, open = 0;
    for (size_t i = 0; i < bases.size(); ++i) {
      if (rates[i] == 1) left -= static_cast<double>(bases[i]);
      if (rates[i] < 1) open += weights[i] * static_cast<double>(bases[i]);
    }
    bool capped = false;
    for (size_t i = 0; i < bases.size(); ++i) {
      if (rates[i] == 1) continue;
      rates[i] = open > 0 ? std::max(0.0, left) * weights[i] / open : 0;
      if (rates[i] >= 1) {
        rates[i] = 1;
        capped = true;
      }
    }
    if (!capped) return rates;
  }
}

// A rate's share of a genome's cells, at least one, without repetition and in order.
std::vector<Stretch> sampled_cells(const Genome& genome, double rate, uint64_t seed,
                                   size_t source) {
  std::vector<Stretch> cells;
  for (int c = 0; c < static_cast<int>(genome.contigs().size()); ++c) {
    const int64_t length = genome.contigs()[static_cast<size_t>(c)].length;
    for (int64_t start = 0; start < length; start += kCell) {
      cells.push_back({c, start, std::min(length, start + kCell)});
    }
  }
  if (cells.empty()) return cells;
  const auto wanted = static_cast<size_t>(rate * static_cast<double>(cells.size()));
  const size_t count = std::clamp<size_t>(wanted, 1, cells.size());
  Random random(seed, Purpose::kSample, source);
  for (size_t i = 0; i < count; ++i) {
    std::swap(cells[i], cells[i + random.below(cells.size() - i)]);
  }
  cells.resize(count);
  std::sort(cells.begin(), cells.end(), [](const Stretch& a, const Stretch& b) {
    return a.contig != b.contig ? a.contig < b.contig : a.start < b.start;
  });
  return cells;
}

class BpeVocabTrainer final : public VocabTrainer {
 public:
  Fields fields() override {
    Fields fields("vocab");
    fields
        .integer("size", &size_, 16, kMaxBpeTokens,
                 "tokens in the vocabulary, special ones included")
        .integer("min_count", &min_count_, 1, int64_t{1} << 40,
                 "pairs of pieces that stand less often are not merged")
        .integer("max_piece", &max_piece_, 0, 1'000'000, "longest piece in bases; 0: no limit")
        .flag("both_strands", &both_strands_, "learn from both strands (twice the memory)");
    return fields;
  }
  bool needs_genome() const override { return true; }

  std::unique_ptr<Tokenizer> train(const GenomeSet& genomes, const VocabContext& context) override {
    if (genomes.sources().empty()) {
      throw ConfigError("vocab bpe: no genome to learn from: name one with -g");
    }
    const std::vector<Share> shares = plan(genomes, context);
    BpeText text;
    int64_t total = 0, units = std::numeric_limits<int64_t>::max();
    for (const Share& share : shares) {
      total += share.bases;
      if (share.bases > 0) units = std::min(units, share.weight);
    }
    text.reserve(total * (both_strands_ ? 2 : 1));
    for (size_t i = 0; i < shares.size(); ++i) read(genomes.sources()[i].genome, shares[i], &text);

    BpeLearnOptions options;
    options.pieces = size_ - kSpecialTokens;
    options.min_count = min_count_ * units;
    options.max_piece = max_piece_;
    const int64_t learned_bases = text.num_bases();
    const BpeLearned learned = learn_bpe(std::move(text), options);
    if (static_cast<int64_t>(learned.pieces.size()) < options.pieces) {
      log::warn(
          "vocab.size = {}: only {} pieces stand {} times or more; the vocabulary has {} tokens",
          size_, learned.pieces.size(), min_count_,
          static_cast<int64_t>(learned.pieces.size()) + kSpecialTokens);
    }
    return make_bpe(bpe_vocabulary_from(learned, record(genomes, shares, context, learned_bases)),
                    "bpe");
  }

 private:
  static constexpr int64_t kSpecialTokens = 5;

  std::vector<Share> plan(const GenomeSet& genomes, const VocabContext& context) const {
    std::vector<int64_t> bases;
    std::vector<double> weights;
    for (const GenomeSource& source : genomes.sources()) {
      bases.push_back(source.genome.total_bases());
      weights.push_back(source.weight);
    }
    const int64_t total = genomes.total_bases();
    const int64_t strands = both_strands_ ? 2 : 1;
    const double per_base = static_cast<double>(bytes_per_base(total * strands) * strands);
    const double budget = static_cast<double>(context.max_memory) / per_base;
    const bool sampled = context.max_memory > 0 && budget < static_cast<double>(total);
    const std::vector<double> rates =
        sampled ? sampling_rates(bases, weights, budget) : std::vector<double>(bases.size(), 1.0);
    // A pair weighs what its genome does, less what sampling has already given it.
    std::vector<double> left(bases.size());
    double least = std::numeric_limits<double>::max(), most = 0;
    for (size_t i = 0; i < left.size(); ++i) {
      left[i] = rates[i] > 0 ? weights[i] / rates[i] : 0;
      if (left[i] > 0) least = std::min(least, left[i]);
      most = std::max(most, left[i]);
    }
    const bool equal = most - least <= 1e-9 * most;
    std::vector<Share> shares(bases.size());
    int64_t kept = 0;
    for (size_t i = 0; i < shares.size(); ++i) {
      const Genome& genome = genomes.sources()[i].genome;
      Share& share = shares[i];
      share.rate = rates[i];
      share.weight = equal ? 1 : static_cast<int64_t>(std::lround(kWeightUnit * left[i] / least));
      if (rates[i] <= 0) continue;
      if (rates[i] < 1) {
        share.stretches = sampled_cells(genome, rates[i], context.seed, i);
      } else {
        for (int c = 0; c < static_cast<int>(genome.contigs().size()); ++c) {
          share.stretches.push_back({c, 0, genome.contigs()[static_cast<size_t>(c)].length});
        }
      }
      for (const Stretch& stretch : share.stretches) share.bases += stretch.end - stretch.start;
      kept += share.bases;
    }
    if (sampled) {
      log::warn_once(
          "{} bases would need {}; learning from a sample of {} (seed {}) to stay within {}",
          with_commas(total),
          human_bytes(static_cast<int64_t>(per_base * static_cast<double>(total))),
          with_commas(kept), context.seed, human_bytes(context.max_memory));
    }
    return shares;
  }

  void read(const Genome& genome, const Share& share, BpeText* text) const {
    Bases block;
    for (const Stretch& stretch : share.stretches) {
      for (int64_t start = stretch.start; start < stretch.end; start += kBlock) {
        const int64_t end = std::min(stretch.end, start + kBlock);
        block.resize(static_cast<size_t>(end - start));
        genome.fetch(stretch.contig, start, end, block.data());
        text->add(block, share.weight);
      }
      text->end_word();
      if (!both_strands_) continue;
      for (int64_t end = stretch.end; end > stretch.start; end -= kBlock) {
        const int64_t start = std::max(stretch.start, end - kBlock);
        block.resize(static_cast<size_t>(end - start));
        genome.fetch(stretch.contig, start, end, block.data());
        text->add(reverse_complement(block), share.weight);
      }
      text->end_word();
    }
  }

  std::string record(const GenomeSet& genomes, const std::vector<Share>& shares,
                     const VocabContext& context, int64_t learned_bases) const {
    nlohmann::ordered_json sources = nlohmann::ordered_json::array();
    bool sampled = false;
    for (size_t i = 0; i < shares.size(); ++i) {
      const GenomeSource& source = genomes.sources()[i];
      sources.push_back({{"genome", source.genome.path()},
                         {"weight", source.weight},
                         {"bases", source.genome.total_bases()},
                         {"bases_read", shares[i].bases}});
      sampled = sampled || shares[i].rate < 1;
    }
    nlohmann::ordered_json record = {{"genomes", std::move(sources)},
                                     {"bases", learned_bases},
                                     {"sampled", sampled},
                                     {"size", size_},
                                     {"min_count", min_count_},
                                     {"max_piece", max_piece_},
                                     {"both_strands", both_strands_}};
    if (sampled) record["seed"] = context.seed;
    return record.dump();
  }

  int64_t size_ = 4096, min_count_ = 2, max_piece_ = 0;
  bool both_strands_ = false;
};

}  // namespace

BpeVocabulary bpe_vocabulary_from(const BpeLearned& learned, std::string training) {
  BpeVocabulary vocabulary;
  vocabulary.texts = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"};
  vocabulary.specials = {.pad = 3, .unk = 0, .cls = 1, .sep = 2, .mask = 4};
  const auto first = static_cast<int32_t>(vocabulary.texts.size());
  vocabulary.texts.insert(vocabulary.texts.end(), learned.pieces.begin(), learned.pieces.end());
  for (const BpeRule& rule : learned.rules) {
    vocabulary.merges.emplace_back(first + rule.left, first + rule.right);
  }
  vocabulary.training = std::move(training);
  return vocabulary;
}

std::unique_ptr<VocabTrainer> bpe_vocab_trainer() { return std::make_unique<BpeVocabTrainer>(); }

}  // namespace lexome
