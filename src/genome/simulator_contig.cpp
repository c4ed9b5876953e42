// Laying a contig: isochores, and in them clusters of one gene and its decoys in random order and
// orientation with background between. Decoys stand in the gene's own isochore, so composition
// gives nothing away; repeats are strewn wherever their share has fallen behind.
#include <algorithm>
#include <cmath>

#include "genome/simulator_grammar.h"

namespace lexome::sim {
namespace {

constexpr uint64_t kContigStream = 3;
constexpr double kMeanIsochore = 200'000, kShortestIsochore = 15'000;
constexpr int64_t kLooseEnd = 1500;  // background at a time where no cluster fits
constexpr int64_t kRepeatRoom = 400;
constexpr double kOrphanIslands = 0.5;  // islands without a promoter, to each with one
constexpr int kTries = 4;

int draw_isochore(Random* random) {
  double u = random->uniform();
  for (int i = 0; i + 1 < kIsochores; ++i) {
    if (u < kIsochoreClasses[i].share) return i;
    u -= kIsochoreClasses[i].share;
  }
  return kIsochores - 1;
}

// `rate` copies on average: the whole part always, the rest by chance.
int64_t draw_count(double rate, Random* random) {
  const double whole = std::floor(rate);
  return static_cast<int64_t>(whole) + (random->chance(rate - whole) ? 1 : 0);
}

// Lone decoys of a motif stand for true sites; pieces that carry the motif in a broken frame count
// too.
std::vector<Piece> make_cluster(const Grammar& grammar, int isochore, const std::string& id,
                                Random* random) {
  const SimulateOptions& o = grammar.options();
  const Motifs& m = motifs();
  std::vector<Piece> pieces;
  pieces.push_back(grammar.gene(isochore, id, random));
  int64_t coding = 0, junctions = 0;
  std::vector<const Pwm*> sites;
  for (const Candidate& candidate : pieces[0].candidates) {
    coding += candidate.task == Task::kCoding;
    junctions += candidate.task == Task::kSplice && candidate.label == kDonor;
  }
  for (const Pwm* motif : {&m.tata, &m.initiator, &m.gc_box, &m.caat_box, &m.donor, &m.acceptor})
    for (const Mark& mark : pieces[0].marks)
      if (mark.name == motif->name()) sites.push_back(motif);

  for (int64_t n = draw_count(o.decoys, random); n > 0; --n)
    pieces.push_back(grammar.broken_promoter(isochore, random));
  for (int64_t n = draw_count(o.decoys * static_cast<double>(junctions), random); n > 0; --n)
    pieces.push_back(grammar.broken_splice_site(
        isochore, static_cast<SpliceBreak>(random->below(kSpliceBreaks)), random));
  for (int64_t n = draw_count(o.decoys * static_cast<double>(coding), random); n > 0; --n)
    pieces.push_back(grammar.frameless(isochore, random));
  for (const Pwm* motif : sites)
    for (int64_t n = draw_count(o.decoys, random); n > 0; --n)
      pieces.push_back(grammar.lone_motif(isochore, *motif, random));
  if (random->chance(o.islands * kOrphanIslands))
    pieces.push_back(grammar.orphan_island(isochore, random));
  for (Piece& piece : pieces)
    if (random->chance(0.5)) piece.turn();
  // Pairs are true on either strand by themselves, and are read as they stand.
  for (int i = 0; i < 2 * o.pairs; ++i)
    pieces.push_back(grammar.pair(isochore, i % 2 == 1, random));
  for (size_t i = pieces.size() - 1; i > 0; --i) std::swap(pieces[i], pieces[random->below(i + 1)]);
  return pieces;
}

// Cuts `total` bases into `parts` random lengths.
std::vector<int64_t> break_stick(double total, size_t parts, Random* random) {
  std::vector<double> weight(parts);
  double sum = 0;
  for (double& w : weight) sum += w = -std::log(1.0 - random->uniform());
  std::vector<int64_t> lengths;
  for (double w : weight) lengths.push_back(static_cast<int64_t>(total * w / sum));
  return lengths;
}

class Layer {
 public:
  Layer(const Grammar& grammar, const RepeatLibrary& repeats, const ContigPlan& plan, uint64_t seed)
      : grammar_(grammar),
        repeats_(repeats),
        plan_(plan),
        random_(seed, Purpose::kSimulate, kContigStream, static_cast<uint64_t>(plan.index)) {
    contig_.bases.reserve(static_cast<size_t>(plan.length));
  }

  Piece lay(ContigCounts* counts) {
    bool fits = true;
    while (fits) {
      open_isochore();
      fits = false;
      for (int i = 0; i < kTries && !fits; ++i) fits = add_cluster();
    }
    while (contig_.size() < plan_.length) {
      open_isochore();
      add_repeats();
      append(
          grammar_.spacer(isochore_, std::min(kLooseEnd, plan_.length - contig_.size()), &random_));
    }
    close_isochore();
    finish(counts);
    return std::move(contig_);
  }

 private:
  void append(Piece&& piece) { contig_.append(std::move(piece)); }

  void open_isochore() {
    if (contig_.size() < isochore_end_) return;
    close_isochore();
    isochore_start_ = contig_.size();
    isochore_ = draw_isochore(&random_);
    const double mean = std::min(kMeanIsochore, static_cast<double>(plan_.length) / 6);
    isochore_end_ =
        contig_.size() + static_cast<int64_t>(std::max(std::min(kShortestIsochore, mean),
                                                       -mean * std::log(1.0 - random_.uniform())));
  }

  void close_isochore() {
    if (contig_.size() > isochore_start_)
      contig_.mark(std::string("isochore:") + kIsochoreClasses[isochore_].name, isochore_start_,
                   contig_.size(), 0, '.');
  }

  bool add_cluster() {
    const SimulateOptions& o = grammar_.options();
    std::vector<Piece> pieces =
        make_cluster(grammar_, isochore_, plan_.name + ".g" + std::to_string(genes_ + 1), &random_);
    const double plain =
        o.intergenic / kIsochoreClasses[isochore_].gene_density * (0.25 + 1.5 * random_.uniform());
    int64_t total = static_cast<int64_t>(plain) + 2 * kRepeatRoom;
    for (const Piece& piece : pieces) total += piece.size();
    total +=
        static_cast<int64_t>(static_cast<double>(total) * 1.5 * (o.repeats + o.microsatellites));
    if (contig_.size() + total > plan_.length) return false;
    const std::vector<int64_t> gaps = break_stick(plain, pieces.size(), &random_);
    for (size_t i = 0; i < pieces.size(); ++i) {
      append(grammar_.spacer(isochore_, gaps[i], &random_));
      add_repeats();
      append(std::move(pieces[i]));
    }
    ++genes_;
    return true;
  }

  // Copies land until both kinds have their share; a random delay keeps them from standing evenly.
  void add_repeats() {
    const SimulateOptions& o = grammar_.options();
    const auto behind = [&](double share, int64_t have, double delay) {
      return plan_.length - contig_.size() >= kRepeatRoom &&
             static_cast<double>(have) <
                 share * static_cast<double>(contig_.size()) - delay * random_.uniform();
    };
    while (behind(o.repeats, repeat_bases_, 600)) {
      Piece copy = repeats_.alu(&random_);
      if (random_.chance(0.5)) copy.turn();
      repeat_bases_ += copy.size();
      append(std::move(copy));
    }
    while (behind(o.microsatellites, microsatellite_bases_, 70)) {
      Piece copy = microsatellite(&random_);
      microsatellite_bases_ += copy.size();
      append(std::move(copy));
    }
  }

  void finish(ContigCounts* counts) {
    const auto starts = [](const Mark& mark, const char* prefix) {
      return mark.name.compare(0, std::string::traits_type::length(prefix), prefix) == 0;
    };
    counts->genes = genes_;
    for (const Mark& mark : contig_.marks) {
      counts->repeats += starts(mark, "repeat:");
      counts->decoys += starts(mark, "decoy:");
      if (starts(mark, "repeat:")) counts->repeat_bases += mark.end - mark.start;
      if (starts(mark, "cds:")) counts->coding_bases += mark.end - mark.start;
      if (mark.name == "island") counts->island_bases += mark.end - mark.start;
    }
    std::stable_sort(contig_.marks.begin(), contig_.marks.end(), [](const Mark& a, const Mark& b) {
      return a.start != b.start ? a.start < b.start : a.end > b.end;
    });
    const auto by_start = [](const Block& a, const Block& b) { return a.start < b.start; };
    std::sort(contig_.functional.begin(), contig_.functional.end(), by_start);
  }

  const Grammar& grammar_;
  const RepeatLibrary& repeats_;
  const ContigPlan& plan_;
  Random random_;
  Piece contig_;
  int isochore_ = 0;
  int64_t isochore_start_ = 0, isochore_end_ = 0, genes_ = 0;
  int64_t repeat_bases_ = 0, microsatellite_bases_ = 0;
};

}  // namespace

Piece lay_contig(const Grammar& grammar, const RepeatLibrary& repeats, const ContigPlan& plan,
                 uint64_t seed, ContigCounts* counts) {
  return Layer(grammar, repeats, plan, seed).lay(counts);
}

}  // namespace lexome::sim
