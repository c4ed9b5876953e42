// The pieces a simulated contig is laid from. A block is written 5' to 3' in its own coordinates
// and turned as a whole when it stands on the minus strand, so that every generator thinks on one
// strand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "genome/simulator_motifs.h"
#include "lexome/bases.h"
#include "lexome/genome.h"

namespace lexome::sim {

enum class Task : uint8_t { kPromoter, kSplice, kCoding, kPair };
inline constexpr int kTasks = 4;
inline constexpr int kDonor = 0, kAcceptor = 1, kNeither = 2;  // labels of the splice task

// One line of the truth: a named stretch. `score` is the weight-matrix score in bits, or 0.
struct Mark {
  int64_t start = 0, end = 0;
  char strand = '+';
  std::string name;
  double score = 0;
};

// A stretch that can become a row of a task.
struct Candidate {
  Task task = Task::kPromoter;
  int label = 0;
  int64_t start = 0, end = 0;
  char strand = '+';
};

// Bases with what is known about them. A contig is a block that others were appended to.
struct Piece {
  Bases bases;
  std::vector<Mark> marks;
  std::vector<Candidate> candidates;
  std::vector<Block> masked;      // soft-masked runs
  std::vector<Block> functional;  // runs under selection: substitutions rare, no indels

  int64_t size() const { return static_cast<int64_t>(bases.size()); }
  void mark(std::string name, int64_t start, int64_t end, double score = 0, char strand = '+') {
    marks.push_back({start, end, strand, std::move(name), score});
  }
  // Draws a motif at the end, on either strand, and marks it with its score.
  void put(const Pwm& motif, Random* random, const std::string& name, char strand = '+');
  void turn();                 // reverse complement, everything mirrored
  void append(Piece&& other);  // at the end, coordinates moved
};

}  // namespace lexome::sim
