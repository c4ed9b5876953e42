// A genome with a known grammar: isochores, CpG islands, promoters, genes, repeats, decoys and
// motif pairs, with the truth as BED and labelled tasks whose ceiling is known, because the
// generator's own posterior is written beside every label. Everything is a pure function of
// (options, seed): neither threads nor the order of work change a byte. What is modelled and from
// which source: docs/simulator.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lexome/options.h"

namespace lexome {

struct SimulateOptions {
  int64_t size = 10'000'000;  // bases of the reference genome
  int contigs = 10;           // their lengths fall evenly from 1.5 to 0.5 of the mean
  int copies = 1;             // further species: mutated copies of the reference
  double divergence = 0.05;   // substitutions a neutral base between reference and copy
  double constraint = 0.2;    // rate of substitution in functional bases, relative to neutral ones
  double intergenic = 2000;   // mean plain background bases a gene
  double repeats = 0.10;      // share of bases in Alu-like repeats
  double microsatellites = 0.01;  // share of bases in microsatellites
  double exons = 5;               // mean coding exons a gene
  double exon = 120;              // median length of a coding exon
  double intron = 150;            // median length of an intron
  double islands = 0.65;          // share of promoters in a CpG island
  double tata = 0.125, initiator = 0.40, gc_box = 0.50, caat_box = 0.30;  // shares of promoters
  double decoys = 1.0;                                                    // decoys a true site
  int pairs = 2;                       // motif pairs a gene, and as many broken ones
  int pair_gap = 20, pair_jitter = 2;  // bases between the motifs of a pair
  int64_t train_rows = 10000, dev_rows = 1000, test_rows = 2000;  // largest task sizes
  std::string format = "both";                                    // genome as fasta, 2bit or both
  Fields fields();                                                // section "simulate"
  // ConfigError for values that are each allowed but do not go together.
  void check() const;
};

struct TaskSummary {
  std::string task, split;
  int64_t rows = 0, classes = 0;
  double accuracy = 0;  // of the oracle
  double auroc = 0;     // of the oracle; mean of one-against-rest for more than two classes
};

struct SimulateSummary {
  int64_t bases = 0, contigs = 0, genes = 0, repeats = 0, decoys = 0, copies = 0;
  int64_t repeat_bases = 0, island_bases = 0, coding_bases = 0;
  std::vector<TaskSummary> tasks;
  std::vector<std::string> held_out;  // contigs of the dev and test splits, copies included
};

// Writes folder/{genome.fa, genome.2bit, species2.fa..., truth.bed, contigs.tsv, simulate.toml,
// tasks/NAME/{train,dev,test}.csv, tasks/oracle.tsv}. The folder is written beside and renamed, so
// an interrupted run leaves nothing. `threads` 0: all cores. Throws ConfigError (an existing folder
// without `force`, impossible options) and IoError.
SimulateSummary simulate(const SimulateOptions& options, uint64_t seed, const std::string& folder,
                         bool force, int threads = 0);

}  // namespace lexome
