// Cells are gathered until there is work for all threads, encoded and formatted in parallel, and
// written in order; memory holds one such batch.
#include "data/tokenize.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/provenance.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/tokenize_cells.h"
#include "data/tokenize_writer.h"
#include "genome/annotation.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kBatchBases = 1 << 18;  // a thread
constexpr size_t kBatchCells = 4096;

struct UnknownPolicy {
  bool keep_tokens = true;  // those that hold an N
  double most = 1.0;        // share of N in a cell
};

UnknownPolicy unknown_policy(const std::string& text) {
  UnknownPolicy policy;
  if (text == "keep") return policy;
  if (text == "skip") {
    policy.keep_tokens = false;
    return policy;
  }
  if (text.rfind("max=", 0) == 0 && parse_double(text.substr(4), &policy.most) &&
      policy.most >= 0 && policy.most <= 1) {
    return policy;
  }
  throw ConfigError("--n-policy " + text + ": choose skip, keep or max=F with F from 0 to 1");
}

class TokenizeRun {
 public:
  TokenizeRun(const Tokenizer& tokenizer, const TokenizeRequest& request, TokenizeWriter* writer,
              int64_t total_bases)
      : tokenizer_(tokenizer),
        policy_(unknown_policy(request.n_policy)),
        threads_(std::max(1, request.threads)),
        writer_(writer),
        look_(request.look),
        progress_("tokenizing", total_bases, "bp") {}

  void add(TokenizeCell&& cell) {
    if (look_) look_(cell);
    for (const TokenizeCell::Range& range : cell.asked) {
      summary_.bases += range.end - range.start;
      summary_.unknown += unknown_in(cell, range.start, range.end);
    }
    waiting_bases_ += static_cast<int64_t>(cell.bases.size());
    waiting_.push_back(std::move(cell));
    const bool enough = waiting_bases_ >= kBatchBases * threads_ &&
                        waiting_.size() >= static_cast<size_t>(threads_);
    if (enough || waiting_.size() >= kBatchCells) write_batch();
  }

  TokenizeSummary finish() {
    write_batch();
    writer_->commit();
    progress_.finish();
    return summary_;
  }

 private:
  struct Result {  // of one cell
    std::vector<FormattedRow> rows;
    int64_t left_out = 0, forced = 0;
  };

  static int64_t unknown_in(const TokenizeCell& cell, int64_t start, int64_t end) {
    const auto first = cell.bases.begin() + (start - cell.start);
    return std::count(first, first + (end - start), kN);
  }

  void write_batch() {
    std::vector<Result> results(waiting_.size());
    const auto count = static_cast<int64_t>(waiting_.size());
    parallel_for(count, std::max<int64_t>(1, count / (4 * threads_)), threads_,
                 [&](int64_t begin, int64_t end) {
                   encode(static_cast<size_t>(begin), static_cast<size_t>(end), &results);
                 });
    for (const Result& result : results) {
      summary_.left_out += result.left_out;
      summary_.forced += result.forced;
      for (const FormattedRow& row : result.rows) {
        ++summary_.rows;
        summary_.tokens += row.tokens;
        writer_->write(row);
      }
    }
    if (!results.empty()) writer_->flush();
    waiting_.clear();
    waiting_bases_ = 0;
    progress_.update(summary_.bases);
  }

  void encode(size_t begin, size_t end, std::vector<Result>* results) const {
    std::vector<Window> windows;
    for (size_t i = begin; i < end; ++i) {
      windows.push_back(
          {waiting_[i].bases, {.start = waiting_[i].start, .end = waiting_[i].end()}});
    }
    const std::vector<Tokens> all = tokenizer_.encode(windows);
    for (size_t i = begin; i < end; ++i) {
      for (const TokenizeCell::Range& range : waiting_[i].asked) {
        choose({&waiting_[i], range, &all[i - begin], {}}, &(*results)[i]);
      }
    }
  }

  void choose(TokenizeRow row, Result* result) const {
    const TokenizeCell& cell = *row.cell;
    if (policy_.most < 1) {
      const int64_t unknown = unknown_in(cell, row.range.start, row.range.end);
      if (static_cast<double>(unknown) >
          policy_.most * static_cast<double>(row.range.end - row.range.start)) {
        ++result->left_out;
        return;
      }
    }
    for (size_t t = 0; t < row.tokens->size(); ++t) {
      if (row.start(t) < row.range.start || row.end(t) > row.range.end) continue;
      if (!policy_.keep_tokens && unknown_in(cell, row.start(t), row.end(t)) > 0) {
        ++result->left_out;
      } else {
        row.chosen.push_back(t);
      }
    }
    for (const TokenColumn& column : row.tokens->columns) {
      if (column.name != kForcedColumn) continue;
      result->forced += std::count_if(row.chosen.begin(), row.chosen.end(), [&](size_t t) {
        return (static_cast<int>(column.values[t]) & kForcedStart) != 0;
      });
    }
    result->rows.push_back(writer_->format(row));
  }

  const Tokenizer& tokenizer_;
  UnknownPolicy policy_;
  int threads_;
  TokenizeWriter* writer_;
  const std::function<void(const TokenizeCell&)>& look_;
  Progress progress_;
  TokenizeSummary summary_;
  std::vector<TokenizeCell> waiting_;
  int64_t waiting_bases_ = 0;
};

std::vector<Interval> wanted_regions(const TokenizeRequest& request) {
  std::vector<Interval> regions;
  for (const std::string& text : request.regions) regions.push_back(parse_region(text));
  if (!request.bed.empty()) {
    for (const Feature& feature : read_features(request.bed)) regions.push_back(feature.where);
  }
  return regions;
}

}  // namespace

TokenizeSummary tokenize(const Tokenizer& tokenizer, const TokenizeRequest& request) {
  if (request.genome.empty() == request.inputs.empty()) {
    throw ConfigError(
        request.genome.empty()
            ? "nothing to tokenize: name FASTA files, - for stdin, or a genome with -g"
            : "FASTA files and a genome (-g) are both named: choose one");
  }
  const bool by_region = !request.regions.empty() || !request.bed.empty();
  if (by_region && request.genome.empty()) {
    throw ConfigError("regions need random access: name the sequence with -g");
  }
  check_output(request.out, request.force);
  const TokenizeGrid grid(tokenizer, request.window, request.own_lines);
  std::optional<Genome> genome;
  std::vector<Interval> regions;
  if (!request.genome.empty()) {
    genome = Genome::open(request.genome, request.genome_options);
    regions = checked_regions(*genome, wanted_regions(request));
  }
  std::string provenance;
  if (request.provenance) {
    std::vector<std::pair<std::string, std::string>> more = {
        {"model_sha256",
         request.model_sha256.empty() ? sha256_of(tokenizer.to_json()) : request.model_sha256}};
    if (genome) more.emplace_back("genome_sha256", genome->sha256());
    more.emplace_back("cuts",
                      grid.cuts() ? "every " + std::to_string(grid.spacing()) + " bases" : "none");
    provenance = provenance_lines(request.command, more);
  }
  const auto writer = tokenize_writer(tokenizer, request, provenance);
  TokenizeRun run(tokenizer, request, writer.get(),
                  genome && !by_region ? genome->total_bases() : 0);
  const TokenizeSink sink = [&](TokenizeCell&& cell) { run.add(std::move(cell)); };
  if (!genome) {
    cells_of_fasta(request.inputs, grid, request.threads, sink);
  } else if (!by_region || !regions.empty()) {
    cells_of_genome(*genome, regions, grid, sink);
  } else {
    log::warn("{}: no region in it; the output has no token", request.bed);
  }
  return run.finish();
}

}  // namespace lexome
