// The grammar of a simulated genome: where signals stand relative to each other. Generator and
// oracle read the same constants and the same tables, so the oracle is the generator's own
// posterior and not a second opinion.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "genome/simulator.h"
#include "genome/simulator_background.h"
#include "genome/simulator_block.h"
#include "genome/simulator_codons.h"

namespace lexome::sim {

// A closed range of whole numbers.
struct Range {
  int low = 0, high = 0;
  int count() const { return high - low + 1; }
  int draw(Random* random) const {
    return low + static_cast<int>(random->below(static_cast<uint64_t>(count())));
  }
};

// --- promoters: window of 300 bases, transcription starts (+1) at index 250 ---------------------
inline constexpr int kPromoterWindow = 300, kStartIndex = 250;
// First bases of the motifs, as indices into the window. True promoters, then the two ways of
// breaking the grammar: the same motifs in the same order at other distances, and in another order.
struct PromoterLayout {
  const char* name;
  Range tata, initiator;
  int upstream_shift;  // of the GC box and CAAT box ranges
};
inline constexpr Range kGcBox = {140, 201},
                       kCaatBox = {150, 182};  // wholly in -110..-40, -100..-60
inline constexpr std::array<PromoterLayout, 3> kPromoterLayouts = {
    {{"promoter", {219, 224}, {248, 248}, 0},
     {"distance", {110, 205}, {257, 289}, -110},
     {"order", {150, 190}, {110, 135}, 60}}};

// --- splice sites: window of 120 bases, the junction between index 59 and 60 ---------------------
inline constexpr int kSpliceWindow = 120, kJunction = 60;
inline constexpr Range kBranchDistance = {18, 40};  // of the branch point's A from the exon
inline constexpr Range kTract = {10, 20};           // length of the polypyrimidine tract
inline constexpr Range kDonorSlip = {9, 24};        // broken donors: bases between exon and donor
inline constexpr Range kAcceptorSlip = {10, 16};  // broken acceptors: bases between tract and NYAG
inline constexpr int kShortestExon = 62, kShortestIntron = 110;
inline constexpr int kSiteRoom = 76;  // bases a broken site needs on either side
// The longest tract that leaves the branch point free.
inline int longest_tract(int branch_distance) { return std::min(kTract.high, branch_distance - 6); }
enum class SpliceBreak { kDonorOrder, kDonorDistance, kAcceptorOrder, kAcceptorDistance };
inline constexpr int kSpliceBreaks = 4;

// --- coding windows
// -------------------------------------------------------------------------------
inline constexpr int kCodingWindow = 90, kCodingMargin = 4;

// --- motif pairs: window of 150 bases -----------------------------------------------------------
inline constexpr int kPairWindow = 150;
struct PairConfiguration {
  const char* name;
  bool a_first;      // motif A at the left
  char left, right;  // strands of the two motifs
  bool wrong_distance;
};
// The first two are true: A before B, read on either strand. Then distance, order, strand.
inline constexpr std::array<PairConfiguration, 10> kPairConfigurations = {
    {{"pair", true, '+', '+', false},
     {"pair", false, '-', '-', false},
     {"distance", true, '+', '+', true},
     {"distance", false, '-', '-', true},
     {"order", false, '+', '+', false},
     {"order", true, '-', '-', false},
     {"strand", true, '+', '-', false},
     {"strand", true, '-', '+', false},
     {"strand", false, '+', '-', false},
     {"strand", false, '-', '+', false}}};
// P(configuration | true pair or broken one); the three ways of breaking are equally likely.
double pair_prior(const PairConfiguration& configuration);

class Grammar {
 public:
  Grammar(const SimulateOptions& options, uint64_t seed);
  const SimulateOptions& options() const { return options_; }
  const MarkovTable& table(int index) const { return *tables_[index]; }
  const CodonModel& codons(int isochore) const { return codons_[isochore]; }
  double isochore_prior(int isochore) const { return prior_[isochore]; }  // of a gene or decoy
  const std::vector<int>& pair_gaps(bool wrong) const { return wrong ? wrong_gaps_ : right_gaps_; }

  // A whole gene with its promoter, or nothing but a promoter whose grammar is broken.
  Piece gene(int isochore, const std::string& id, Random* random) const;
  Piece broken_promoter(int isochore, Random* random) const;
  Piece broken_splice_site(int isochore, SpliceBreak kind, Random* random) const;
  Piece frameless(int isochore, Random* random) const;
  Piece pair(int isochore, bool broken, Random* random) const;
  // One motif, drawn exactly as true sites are, outside of any function.
  Piece lone_motif(int isochore, const Pwm& motif, Random* random) const;
  Piece orphan_island(int isochore, Random* random) const;
  Piece spacer(int isochore, int64_t length, Random* random) const;
  int64_t island_length(Random* random) const;

 private:
  int64_t promoter(Piece* piece, int isochore, const PromoterLayout& layout, int64_t utr,
                   Random* random) const;
  void intron(Piece* piece, int isochore, Random* random) const;
  // The last three bases of an exon in a random frame, as donor rows 0-2 bend them.
  void exon_end(int isochore, Random* random, Bases* out) const;
  // `count` coding bases that begin at codon position `phase`; with `acceptor`, as an exon begins.
  void coding_run(Piece* piece, int isochore, int64_t count, int phase, bool acceptor,
                  Random* random) const;
  SimulateOptions options_;
  std::vector<std::unique_ptr<MarkovTable>> tables_;
  std::vector<CodonModel> codons_;
  std::array<double, kIsochores> prior_{};
  std::vector<int> right_gaps_, wrong_gaps_;
};

// Alu-like repeats: a few families, each copy as diverged as it is old.
class RepeatLibrary {
 public:
  RepeatLibrary(const Grammar& grammar, uint64_t seed);
  Piece alu(Random* random) const;
  const std::vector<Bases>& consensus() const { return consensus_; }

 private:
  std::vector<Bases> consensus_;
};
Piece microsatellite(Random* random);

struct ContigPlan {
  std::string name;
  int index = 0;
  int64_t length = 0;
};
// Lays a whole contig.
struct ContigCounts {
  int64_t genes = 0, repeats = 0, decoys = 0, repeat_bases = 0, island_bases = 0, coding_bases = 0;
};
Piece lay_contig(const Grammar& grammar, const RepeatLibrary& repeats, const ContigPlan& plan,
                 uint64_t seed, ContigCounts* counts);

// FASTA letters of a contig, soft mask as lower case.
std::string soft_masked_letters(const Piece& contig);
// The same contig in another species: substitutions (transitions twice as often as transversions)
// and short indels, both rare in functional bases. Case is kept.
std::string mutated_copy(const Piece& contig, const SimulateOptions& options, Random* random);

}  // namespace lexome::sim
