// `lexome analyze units`: where tokenizers cut, beside what is known of the sequence. Every way to
// cut is a row: vocabularies, units of networks, tables of n-grams, BED files, rulers, and what a
// simulator planted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lexome/genome.h"
#include "lexome/tokenizer.h"

namespace lexome {

struct CuttingTokenizer {
  std::string name;
  std::shared_ptr<const Tokenizer> tokenizer;
  int64_t own_lines = 0;  // as in TokenizeRequest
};

struct UnitsRequest {
  std::vector<CuttingTokenizer> tokenizers;
  std::vector<std::string> tables;    // of n-grams (lexome vocab pmi): two rows each
  std::vector<std::string> segments;  // "NAME=FILE": BED whose edges are cuts

  std::string genome;
  GenomeOptions genome_options;
  std::vector<std::string> regions;      // as typed; with `bed` empty too: everything
  std::string bed;                       // more regions
  std::vector<std::string> annotations;  // GFF3, GTF, BED, truth.bed
  std::string motifs;                    // BED of sites; may be empty

  std::vector<std::string> views;  // regions whose bases and units the report draws

  int draws = 20;   // of each null
  std::string out;  // folder
  bool force = false, provenance = true;
  uint64_t seed = 1;
  int threads = 1;
  std::string command;
};

struct UnitsSummary {
  size_t rows = 0, landmarks = 0, genes = 0;
  int64_t bases = 0;
};

// Writes out/{boundaries,codons,lengths,segmentations,stability}.tsv, report.html and report.md;
// the folder appears whole or not at all. Throws ConfigError, InputError, IoError, FormatError.
UnitsSummary analyze_units(const UnitsRequest& request);

}  // namespace lexome
