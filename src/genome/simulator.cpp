// Running the simulator: contigs are made in waves of one a thread, written in order and forgotten,
// so memory holds a wave and the chosen task rows however large the genome is.
#include "genome/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "base/file.h"
#include "base/log.h"
#include "base/output_folder.h"
#include "base/progress.h"
#include "base/threads.h"
#include "genome/annotation.h"
#include "genome/simulator_grammar.h"
#include "genome/simulator_tasks.h"
#include "genome/twobit.h"
#include "lexome/error.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;
constexpr uint64_t kCopyStream = 5;
constexpr size_t kLineWidth = 80;

// Lengths fall evenly from 1.5 to 0.5 of the mean and add up to the size.
std::vector<sim::ContigPlan> plan_contigs(const SimulateOptions& options) {
  std::vector<sim::ContigPlan> plans;
  const double mean = static_cast<double>(options.size) / options.contigs;
  int64_t left = options.size;
  for (int i = 0; i < options.contigs; ++i) {
    const double factor = 1.5 - static_cast<double>(i) / (options.contigs - 1);
    const bool last = i + 1 == options.contigs;
    const int64_t length = last ? left : static_cast<int64_t>(std::llround(mean * factor));
    left -= length;
    plans.push_back({"chr" + std::to_string(i + 1), i, length});
  }
  return plans;
}

// About a tenth of the contigs, at least one, for dev and a seventh for test. They are taken from
// the middle and the end of the list, so that both have long and short contigs when there are many.
std::vector<sim::Split> plan_splits(int contigs) {
  std::vector<sim::Split> splits(static_cast<size_t>(contigs), sim::Split::kTrain);
  const int dev = std::max(1, (contigs + 5) / 10), test = std::max(1, (contigs + 3) / 7);
  for (int i = 0; i < test; ++i) splits[(2 * i + 1) * contigs / (2 * test)] = sim::Split::kTest;
  for (int i = 0, at = contigs - 1; i < dev && at > 0; --at)
    if (splits[at] == sim::Split::kTrain) {
      splits[at] = sim::Split::kDev;
      ++i;
    }
  return splits;
}

std::string species_contig(int species, const std::string& contig) {
  return fmt::format("sp{}_{}", species, contig);
}

// A genome on its way out: FASTA, .2bit or both.
class GenomeWriter {
 public:
  GenomeWriter(const std::string& stem, const std::string& format) {
    if (format != "2bit") fasta_ = std::make_unique<OutputFile>(stem + ".fa");
    if (format != "fasta") packed_ = std::make_unique<TwoBitWriter>(stem + ".2bit", false);
  }
  void add(const std::string& name, const std::string& letters) {
    if (fasta_) {
      std::string text = ">" + name + "\n";
      text.reserve(text.size() + letters.size() + letters.size() / kLineWidth + 1);
      for (size_t at = 0; at < letters.size(); at += kLineWidth) {
        text.append(letters, at, kLineWidth);
        text += '\n';
      }
      fasta_->write(text);
    }
    if (packed_) {
      packed_->begin_contig(name);
      packed_->append(letters.data(), letters.size());
      packed_->end_contig();
    }
  }
  void finish() {
    if (fasta_) fasta_->commit();
    if (packed_) packed_->finish();
  }

 private:
  std::unique_ptr<OutputFile> fasta_;
  std::unique_ptr<TwoBitWriter> packed_;
};

std::string bed_text(const sim::Piece& contig, const std::string& name) {
  std::string text;
  for (const sim::Mark& mark : contig.marks)
    text += fmt::format("{}\t{}\t{}\t{}\t{:.2f}\t{}\n", name, mark.start, mark.end, mark.name,
                        mark.score, mark.strand);
  return text;
}

std::string settings_text(const SimulateOptions& options, uint64_t seed) {
  SimulateOptions own = options;
  return fmt::format("# lexome simulate --seed {}\n{}", seed, Schema().add(own.fields()).dump());
}

struct Made {
  sim::Piece contig;
  sim::ContigCounts counts;
  std::string letters, bed;
  std::vector<std::string> copies;
};

}  // namespace

SimulateSummary simulate(const SimulateOptions& options, uint64_t seed, const std::string& folder,
                         bool force, int threads) {
  options.check();
  OutputFolder out(folder, "simulate.toml", "a simulated genome", force);
  if (threads <= 0) threads = available_cores();
  const sim::Grammar grammar(options, seed);
  const sim::RepeatLibrary repeats(grammar, seed);
  const std::vector<sim::ContigPlan> plans = plan_contigs(options);
  const std::vector<sim::Split> splits = plan_splits(options.contigs);

  std::error_code failure;
  fs::create_directories(out.file("tasks"), failure);
  if (failure) throw IoError(fmt::format("cannot create {}", out.file("tasks")), failure.value());

  SimulateSummary summary;
  sim::TaskChoice choice(options, seed);
  {
    GenomeWriter reference(out.file("genome"), options.format);
    std::vector<std::unique_ptr<GenomeWriter>> copies;
    for (int c = 0; c < options.copies; ++c)
      copies.push_back(std::make_unique<GenomeWriter>(out.file(fmt::format("species{}", c + 2)),
                                                      options.format));
    OutputFile truth(out.file("truth.bed"));
    truth.write("#contig\tstart\tend\tname\tscore\tstrand\n");
    std::string contigs = "#contig\tlength\tsplit\tspecies\thomologous_to\n";
    Progress progress("simulate", options.size, "bp");
    for (size_t begin = 0; begin < plans.size(); begin += static_cast<size_t>(threads)) {
      const size_t count = std::min(plans.size() - begin, static_cast<size_t>(threads));
      std::vector<Made> wave(count);
      parallel_for(static_cast<int64_t>(count), 1, threads, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
          Made& made = wave[i];
          const sim::ContigPlan& plan = plans[begin + i];
          made.contig = sim::lay_contig(grammar, repeats, plan, seed, &made.counts);
          made.letters = sim::soft_masked_letters(made.contig);
          made.bed = bed_text(made.contig, plan.name);
          for (int c = 0; c < options.copies; ++c) {
            Random random(seed, Purpose::kSimulate, kCopyStream,
                          (static_cast<uint64_t>(c) << 32) | static_cast<uint64_t>(plan.index));
            made.copies.push_back(sim::mutated_copy(made.contig, options, &random));
          }
        }
      });
      for (size_t i = 0; i < count; ++i) {
        const Made& made = wave[i];
        const sim::ContigPlan& plan = plans[begin + i];
        const sim::Split split = splits[begin + i];
        const char* split_name = sim::kSplitNames[static_cast<int>(split)];
        reference.add(plan.name, made.letters);
        truth.write(made.bed);
        contigs += fmt::format("{}\t{}\t{}\t1\t.\n", plan.name, plan.length, split_name);
        if (split != sim::Split::kTrain) summary.held_out.push_back(plan.name);
        for (int c = 0; c < options.copies; ++c) {
          const std::string name = species_contig(c + 2, plan.name);
          copies[c]->add(name, made.copies[c]);
          contigs += fmt::format("{}\t{}\t{}\t{}\t{}\n", name, made.copies[c].size(), split_name,
                                 c + 2, plan.name);
          if (split != sim::Split::kTrain) summary.held_out.push_back(name);
        }
        choice.add(made.contig, plan, split);
        summary.bases += plan.length;
        summary.genes += made.counts.genes;
        summary.repeats += made.counts.repeats;
        summary.decoys += made.counts.decoys;
        summary.repeat_bases += made.counts.repeat_bases;
        summary.island_bases += made.counts.island_bases;
        summary.coding_bases += made.counts.coding_bases;
        progress.update(summary.bases);
      }
    }
    progress.finish();
    reference.finish();
    for (auto& copy : copies) copy->finish();
    truth.commit();
    write_text_file(out.file("contigs.tsv"), contigs);
  }
  summary.contigs = options.contigs;
  summary.copies = options.copies;
  summary.tasks = choice.write(out.file("tasks"), grammar, threads);
  write_text_file(out.file("simulate.toml"), settings_text(options, seed));
  out.commit();
  return summary;
}

}  // namespace lexome
