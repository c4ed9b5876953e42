// Decoys, broken sites and motif pairs: everything that looks like function and is not, made with
// the same tables as what is. A decoy differs from a true site only in what stands where.
#include "genome/simulator_grammar.h"

#include <cmath>

#include "lexome/error.h"

namespace lexome::sim {
namespace {

constexpr double kEnergySpread = 0.22;
constexpr double kShortestIsland = 300, kLongestIsland = 2000;
constexpr int kLoneFlank = 14;
// How far from a true gap the gaps of broken pairs lie.
constexpr int kGapClearance = 4, kGapBelow = 14, kGapAbove = 24, kSmallestGap = 2;

// Bases a gene and its decoys take besides plain background: what the density of genes follows
// from.
double cluster_bases(const SimulateOptions& o) {
  const double transcript = 310 + o.exons * o.exon * 1.1 + (o.exons - 1) * o.intron * 1.05;
  const double promoters = (1 + o.decoys) * (310 + o.islands * 600);
  const double splice = o.decoys * (o.exons - 1) * 170 + o.decoys * 0.65 * o.exons * 110;
  return transcript + promoters + splice + o.pairs * 2.0 * (kPairWindow + 8) + o.islands * 450;
}

}  // namespace

double pair_prior(const PairConfiguration& configuration) {
  double alike = 0;
  for (const PairConfiguration& other : kPairConfigurations)
    alike += std::string(other.name) == configuration.name;
  const bool true_pair = std::string(configuration.name) == kPairConfigurations[0].name;
  return (true_pair ? 1.0 : 1.0 / 3) / alike;
}

Grammar::Grammar(const SimulateOptions& options, uint64_t seed) : options_(options) {
  const auto energies = symmetric_energies(seed, kEnergySpread);
  double total = 0;
  for (int i = 0; i < kIsochores; ++i) {
    const Isochore& isochore = kIsochoreClasses[i];
    tables_.push_back(std::make_unique<MarkovTable>(energies, isochore.gc, kBackgroundCpg));
    codons_.emplace_back(isochore.gc);
    prior_[i] =
        isochore.share / (cluster_bases(options) + options.intergenic / isochore.gene_density);
    total += prior_[i];
  }
  for (double& p : prior_) p /= total;
  tables_.push_back(std::make_unique<MarkovTable>(energies, kIslandGc, kIslandCpg));
  const int low = options.pair_gap - options.pair_jitter,
            high = options.pair_gap + options.pair_jitter;
  for (int gap = low; gap <= high; ++gap) right_gaps_.push_back(gap);
  for (int gap = options.pair_gap - kGapBelow; gap <= options.pair_gap + kGapAbove; ++gap)
    if (gap >= kSmallestGap && (gap <= low - kGapClearance || gap >= high + kGapClearance))
      wrong_gaps_.push_back(gap);
}

int64_t Grammar::island_length(Random* random) const {
  const double ratio = std::log(kLongestIsland / kShortestIsland);
  return static_cast<int64_t>(kShortestIsland * std::exp(ratio * random->uniform()));
}

void Grammar::exon_end(int isochore, Random* random, Bases* out) const {
  const int phase = static_cast<int>(random->below(3));
  const auto& donor = motifs().donor.rows();
  const Row* after = &motifs().acceptor.rows()[4];
  Bases made;
  for (int start = -phase; start < 3; start += 3) {
    Rows rows{};
    for (int i = 0; i < 3; ++i) {
      const int at = start + i;
      rows[i] = at < 0 || at > 3 ? nullptr : at == 3 ? after : &donor[at];
    }
    codons(isochore).sample(random, rows, &made);
  }
  out->insert(out->end(), made.begin() + phase, made.begin() + phase + 3);
}

void Grammar::coding_run(Piece* piece, int isochore, int64_t count, int phase, bool acceptor,
                         Random* random) const {
  const auto& donor = motifs().donor.rows();
  Bases made;
  while (static_cast<int64_t>(made.size()) < count + phase) {
    Rows rows{};
    if (acceptor && made.empty()) {
      rows[phase] = &motifs().acceptor.rows()[4];
      for (int i = 0; i < phase; ++i) rows[i] = &donor[3 - phase + i];
    }
    codons(isochore).sample(random, rows, &made);
  }
  piece->bases.insert(piece->bases.end(), made.begin() + phase, made.begin() + phase + count);
}

Piece Grammar::broken_splice_site(int isochore, SpliceBreak kind, Random* random) const {
  static const Pwm donor = motifs().donor.part(3, 9), acceptor = motifs().acceptor.part(0, 4);
  const Motifs& m = motifs();
  const MarkovTable& background = table(isochore);
  const int phase = static_cast<int>(random->below(3));
  Piece piece;
  int64_t junction = kSiteRoom;
  if (kind == SpliceBreak::kDonorOrder || kind == SpliceBreak::kDonorDistance) {
    if (kind == SpliceBreak::kDonorOrder) {
      background.fill(random, junction - 3, &piece.bases);
    } else {
      const int slip = kDonorSlip.draw(random);
      coding_run(&piece, isochore, junction - 3 - slip, phase, false, random);
      background.fill(random, slip, &piece.bases);
    }
    exon_end(isochore, random, &piece.bases);
    donor.sample(random, &piece.bases);
    if (kind == SpliceBreak::kDonorOrder)
      coding_run(&piece, isochore, kSiteRoom - 6, phase, false, random);
    else
      background.fill(random, kSiteRoom - 6, &piece.bases);
    piece.mark("decoy:donor", junction - 3, junction + 6,
               m.donor.bits(BasesView(piece.bases).subspan(junction - 3)));
  } else {
    const int distance = kBranchDistance.draw(random);
    const int tract = Range{kTract.low, longest_tract(distance)}.draw(random);
    const auto put_tract = [&] {
      for (int i = 0; i < tract; ++i) m.tract.sample(random, &piece.bases);
    };
    if (kind == SpliceBreak::kAcceptorOrder) {  // tract, then branch point
      background.fill(random, junction - distance - 3, &piece.bases);
      put_tract();
      background.fill(random, junction - 9 - piece.size(), &piece.bases);
      m.branch.sample(random, &piece.bases);
    } else {
      const int slip = kAcceptorSlip.draw(random);
      background.fill(random, junction - distance - slip - 3, &piece.bases);
      m.branch.sample(random, &piece.bases);
      background.fill(random, junction - 4 - tract - slip - piece.size(), &piece.bases);
      put_tract();
      background.fill(random, slip, &piece.bases);
    }
    acceptor.sample(random, &piece.bases);
    coding_run(&piece, isochore, kSiteRoom, phase, true, random);
    piece.mark("decoy:acceptor", junction - 4, junction + 1,
               m.acceptor.bits(BasesView(piece.bases).subspan(junction - 4)));
  }
  static const char* const kNames[kSpliceBreaks] = {
      "decoy:splice:donor_order", "decoy:splice:donor_distance", "decoy:splice:acceptor_order",
      "decoy:splice:acceptor_distance"};
  const int64_t start = junction - kJunction;
  piece.mark(kNames[static_cast<int>(kind)], start, start + kSpliceWindow);
  piece.candidates.push_back({Task::kSplice, kNeither, start, start + kSpliceWindow, '+'});
  return piece;
}

Piece Grammar::frameless(int isochore, Random* random) const {
  Piece piece;
  const int64_t size = kCodingWindow + 2 * kCodingMargin;
  codons(isochore).fill_frameless(random, size, &piece.bases);
  piece.mark("decoy:coding", 0, size);
  piece.candidates.push_back({Task::kCoding, 0, kCodingMargin, kCodingMargin + kCodingWindow, '+'});
  return piece;
}

Piece Grammar::pair(int isochore, bool broken, Random* random) const {
  double u = random->uniform();
  size_t chosen = 0;
  for (size_t i = 0; i < kPairConfigurations.size(); ++i) {
    const bool is_broken = kPairConfigurations[i].name != std::string(kPairConfigurations[0].name);
    if (is_broken != broken) continue;
    chosen = i;
    u -= pair_prior(kPairConfigurations[i]);
    if (u < 0) break;
  }
  const PairConfiguration& configuration = kPairConfigurations[chosen];
  const Motifs& m = motifs();
  const Pwm& left = configuration.a_first ? m.pair_a : m.pair_b;
  const Pwm& right = configuration.a_first ? m.pair_b : m.pair_a;
  const std::vector<int>& gaps = pair_gaps(configuration.wrong_distance);
  const int gap = gaps[random->below(gaps.size())];
  const int span = left.width() + gap + right.width();
  const int at = Range{0, kPairWindow - span}.draw(random);

  constexpr int kLead = 8;
  const MarkovTable& background = table(isochore);
  const std::string prefix = broken ? "decoy:" : "";
  Piece piece;
  background.fill(random, kLead + at, &piece.bases);
  piece.put(left, random, prefix + left.name(), configuration.left);
  background.fill(random, gap, &piece.bases);
  piece.put(right, random, prefix + right.name(), configuration.right);
  background.fill(random, kLead + kPairWindow - piece.size(), &piece.bases);
  piece.mark(broken ? std::string("decoy:pair:") + configuration.name : "pair", kLead + at,
             kLead + at + span, 0,
             configuration.left == configuration.right ? configuration.left : '.');
  if (!broken) piece.functional.push_back({kLead + at, kLead + at + span});
  piece.candidates.push_back({Task::kPair, broken ? 0 : 1, kLead, kLead + kPairWindow, '+'});
  return piece;
}

Piece Grammar::lone_motif(int isochore, const Pwm& motif, Random* random) const {
  const Motifs& m = motifs();
  Piece piece;
  table(isochore).fill(random, kLoneFlank, &piece.bases);
  const int64_t start = piece.size();
  if (&motif == &m.donor) {
    static const Pwm intron_side = m.donor.part(3, 9);
    exon_end(isochore, random, &piece.bases);
    intron_side.sample(random, &piece.bases);
  } else if (&motif == &m.acceptor) {
    static const Pwm intron_side = m.acceptor.part(0, 4);
    intron_side.sample(random, &piece.bases);
    coding_run(&piece, isochore, 1, static_cast<int>(random->below(3)), true, random);
  } else {
    motif.sample(random, &piece.bases);
  }
  piece.mark(std::string("decoy:") + motif.name(), start, piece.size(),
             motif.bits(BasesView(piece.bases).subspan(start)));
  table(isochore).fill(random, kLoneFlank, &piece.bases);
  return piece;
}

Piece Grammar::orphan_island(int isochore, Random* random) const {
  Piece piece;
  table(isochore).fill(random, kLoneFlank, &piece.bases);
  const int64_t start = piece.size();
  table(kIslandTable).fill(random, island_length(random), &piece.bases);
  piece.mark("decoy:island", start, piece.size(), 0, '.');
  return piece;
}

Piece Grammar::spacer(int isochore, int64_t length, Random* random) const {
  Piece piece;
  table(isochore).fill(random, length, &piece.bases);
  return piece;
}

}  // namespace lexome::sim
