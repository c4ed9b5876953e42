// `lexome tokenize`: tokens of sequences with their coordinates, as a stream of bounded memory.
// Whole chromosomes are tokenized in cells of a grid anchored at the contig's start. Tokens that
// follow from the length alone (k-mers) are those of the whole contig; others (BPE) are cut at the
// grid's lines, which the output declares, so that a region and its contig give the same tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lexome/genome.h"
#include "lexome/tokenizer.h"

namespace lexome {

// Tokens of a tokenizer that cuts contigs at lines of its own may say in a column of this name
// where that made their edges: kForcedStart, kForcedEnd, both (their sum) or neither (0).
inline constexpr char kForcedColumn[] = "forced";
inline constexpr int kForcedStart = 1, kForcedEnd = 2;

struct TokenizeCell;  // data/tokenize_cells.h

struct TokenizeRequest {
  std::vector<std::string> inputs;  // FASTA files in order, "-" for stdin; empty: `genome`
  std::string genome;               // .2bit or FASTA, random access
  GenomeOptions genome_options;
  std::vector<std::string> regions;  // "chr1:1,001-2,000"; with `bed` empty too: every contig
  std::string bed;                   // more regions, after those
  std::string out = "-";
  // tsv: one token a line; bed: likewise, BED6; json: one object a line and cell; npy: ids [n] or
  // [n, levels] in OUT, starts and lengths in OUT.covers.npy, cells in OUT.rows.tsv (no stdout). Of
  // codes, which are one a base, bed: a line a run of equal ones; npy: u16 and no covers.
  std::string format = "tsv";
  bool force = false;
  bool provenance = true;
  int threads = 1;
  int64_t window = 1'000'000;  // bases between the grid's lines
  // Bases between the lines at which the tokenizer itself cuts a contig; 0: it has none, and
  // `window` counts.
  int64_t own_lines = 0;
  std::string model_sha256;  // for provenance; empty: of the vocabulary's text
  // keep: all tokens; skip: tokens that hold an N are left out; max=F: sequences, or cells of long
  // ones, of which more than the share F is N are left out.
  std::string n_policy = "keep";
  std::string command;  // the command line, for provenance
  // Sees every cell, in order, before it is tokenized; may be empty.
  std::function<void(const TokenizeCell&)> look;
};

struct TokenizeSummary {
  int64_t rows = 0;  // sequences, regions, and the cells of long ones
  int64_t bases = 0, tokens = 0;
  int64_t left_out = 0;  // tokens or rows, by n_policy
  int64_t forced = 0;    // tokens that start at a line of the tokenizer's own
  int64_t unknown = 0;   // bases that are N
};

// A region's tokens are those of its contig whose covers lie inside it. Output is in the order of
// the input for any number of threads. Throws ConfigError, InputError, IoError, FormatError.
TokenizeSummary tokenize(const Tokenizer& tokenizer, const TokenizeRequest& request);

}  // namespace lexome
