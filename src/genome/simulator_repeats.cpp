// What copied itself into the genome (Alu-like repeats, microsatellites) and what time does to a
// genome: mutated copies of contigs for further species.
#include <fmt/format.h>

#include <algorithm>

#include "genome/simulator_grammar.h"

namespace lexome::sim {
namespace {

constexpr uint64_t kRepeatStream = 2;
constexpr int kFamilies = 3, kArm = 124, kLinker = 16, kInsert = 31;
constexpr double kFamilyDivergence = 0.06, kArmDivergence = 0.15;
constexpr double kYoungest = 0.02, kOldest = 0.20;
constexpr double kTruncated = 0.2;
constexpr Range kTail = {8, 26};

Base another_base(Base base, Random* random) {
  return static_cast<Base>((base + 1 + random->below(3)) & 3);
}

void mutate(Bases* bases, double rate, Random* random) {
  for (Base& base : *bases)
    if (random->chance(rate)) base = another_base(base, random);
}

void append_a_rich(int64_t count, double share, Random* random, Bases* out) {
  for (int64_t i = 0; i < count; ++i)
    out->push_back(random->chance(share) ? kA : static_cast<Base>(random->below(4)));
}

}  // namespace

// An Alu is two related arms (the right one with an insert) around an A-rich linker, GC-rich and
// full of CpG, with a poly-A tail.
RepeatLibrary::RepeatLibrary(const Grammar& grammar, uint64_t seed) {
  Random random(seed, Purpose::kSimulate, kRepeatStream);
  Bases left, insert;
  grammar.table(kIslandTable).fill(&random, kArm, &left);
  grammar.table(kIslandTable).fill(&random, kInsert, &insert);
  Bases right = left;
  mutate(&right, kArmDivergence, &random);
  right.insert(right.begin() + kArm / 2, insert.begin(), insert.end());
  Bases founder = left;
  append_a_rich(kLinker, 0.75, &random, &founder);
  founder.insert(founder.end(), right.begin(), right.end());
  for (int family = 0; family < kFamilies; ++family) {
    consensus_.push_back(founder);
    mutate(&consensus_.back(), kFamilyDivergence, &random);
  }
}

// Marked "repeat:ALU<family>:<divergence>:<bases missing at the 5' end>".
Piece RepeatLibrary::alu(Random* random) const {
  const size_t family = random->below(consensus_.size());
  const Bases& whole = consensus_[family];
  const double divergence = kYoungest + (kOldest - kYoungest) * random->uniform();
  const int64_t missing =
      random->chance(kTruncated) ? 1 + static_cast<int64_t>(random->below(200)) : 0;
  Piece piece;
  piece.bases.assign(whole.begin() + missing, whole.end());
  mutate(&piece.bases, divergence, random);
  append_a_rich(kTail.draw(random), 1.0 - divergence, random, &piece.bases);
  piece.mark(fmt::format("repeat:ALU{}:{:.3f}:{}", family + 1, divergence, missing), 0,
             piece.size());
  piece.masked.push_back({0, piece.size()});
  return piece;
}

// Units of 1-6 bases, dinucleotides most often, 12-60 bases long, 3 % of bases slipped.
Piece microsatellite(Random* random) {
  constexpr double kUnitShare[6] = {0.15, 0.40, 0.12, 0.18, 0.10, 0.05};
  constexpr double kSlipped = 0.03;
  double u = random->uniform();
  size_t length = 1;
  while (length < 6 && u >= kUnitShare[length - 1]) u -= kUnitShare[length++ - 1];
  Bases unit;
  do {
    unit.clear();
    for (size_t i = 0; i < length; ++i) unit.push_back(static_cast<Base>(random->below(4)));
  } while (length > 1 &&
           std::all_of(unit.begin(), unit.end(), [&](Base b) { return b == unit[0]; }));
  if (length == 1) unit[0] = random->chance(0.5) ? kA : kT;
  if (length == 2 && random->chance(0.6))
    unit = random->chance(0.5) ? Bases{kC, kA} : Bases{kT, kG};
  Piece piece;
  const int64_t size = Range{12, 60}.draw(random);
  for (int64_t i = 0; i < size; ++i) piece.bases.push_back(unit[static_cast<size_t>(i) % length]);
  mutate(&piece.bases, kSlipped, random);
  piece.mark("microsatellite:" + to_letters(unit), 0, size, 0, '.');
  piece.masked.push_back({0, size});
  return piece;
}

std::string soft_masked_letters(const Piece& contig) {
  std::string letters = to_letters(contig.bases);
  for (const Block& run : contig.masked)
    for (int64_t i = run.start; i < run.end; ++i) letters[i] = static_cast<char>(letters[i] | 0x20);
  return letters;
}

std::string mutated_copy(const Piece& contig, const SimulateOptions& options, Random* random) {
  constexpr double kTransitions = 2.0 / 3, kIndelShare = 0.1, kLongerIndel = 0.6;
  const std::string letters = soft_masked_letters(contig);
  std::string out;
  out.reserve(letters.size() + letters.size() / 64);
  const auto threshold = [](double p) { return static_cast<uint64_t>(p * 4294967296.0); };
  const uint64_t neutral = threshold(options.divergence);
  const uint64_t conserved = threshold(options.divergence * options.constraint);
  const uint64_t indel = threshold(options.divergence * kIndelShare);
  const auto letter_like = [](Base base, char model) {
    return static_cast<char>(kBaseLetters[base] | (model & 0x20));
  };
  auto run = contig.functional.begin();
  for (int64_t i = 0; i < contig.size(); ++i) {
    while (run != contig.functional.end() && run->end <= i) ++run;
    const bool functional = run != contig.functional.end() && run->start <= i;
    const uint64_t u = random->next();
    if (u < (functional ? conserved : neutral)) {
      const Base base = contig.bases[i];
      // Transitions swap A with G and C with T: the code's second bit.
      const Base mutated = random->chance(kTransitions)
                               ? static_cast<Base>(base ^ 2)
                               : static_cast<Base>((base ^ 1) ^ (random->chance(0.5) ? 2 : 0));
      out += letter_like(mutated, letters[i]);
      continue;
    }
    if (!functional && u >= neutral && u < neutral + indel) {
      int64_t length = 1;
      while (random->chance(kLongerIndel)) ++length;
      const int64_t room = run == contig.functional.end() ? contig.size() - i : run->start - i;
      if (random->chance(0.5)) {
        i += std::min(length, room) - 1;  // a deletion; never into a functional run
        continue;
      }
      for (; length > 0; --length)
        out += letter_like(static_cast<Base>(random->below(4)), letters[i]);
    }
    out += letters[i];
  }
  return out;
}

}  // namespace lexome::sim
