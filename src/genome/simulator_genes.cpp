// Promoters, genes and introns of a simulated genome. Signals are drawn from weight matrices at the
// places the grammar allows; everything between them is background of the gene's isochore, drawn
// left to right in the gene's own direction.
#include <algorithm>
#include <cmath>

#include "genome/simulator_grammar.h"

namespace lexome::sim {
namespace {

constexpr double kExonSpread = 0.45, kIntronSpread = 0.30, kUtrSpread = 0.35;
constexpr double kUtr5 = 110, kUtr3 = 200;
constexpr int64_t kShortestUtr5 = 60, kShortestUtr3 = 60, kLongestUtr = 800;
constexpr int kFlank = 20, kDownstream = 40, kMostExons = 40;

int64_t log_normal(double median, double spread, int64_t low, int64_t high, Random* random) {
  for (;;) {
    const auto x = static_cast<int64_t>(std::lround(median * std::exp(spread * random->normal())));
    if (x >= low && x <= high) return x;
  }
}

// 1 + geometric with the wanted mean.
int number_of_exons(double mean, Random* random) {
  int n = 1;
  while (n < kMostExons && random->chance(1.0 - 1.0 / mean)) ++n;
  return n;
}

void add_functional(Piece* piece, int64_t start, int64_t end) {
  piece->functional.push_back({start, end});
}

void put_stop(Random* random, Bases* out) {
  const double u = random->uniform();  // human shares of TGA, TAA and TAG
  const Bases stop = u < 0.49   ? Bases{kT, kG, kA}
                     : u < 0.78 ? Bases{kT, kA, kA}
                                : Bases{kT, kA, kG};
  out->insert(out->end(), stop.begin(), stop.end());
}

}  // namespace

// Lays the promoter from its upstream flank to the end of the 5' UTR; returns the index of +1.
int64_t Grammar::promoter(Piece* piece, int isochore, const PromoterLayout& layout, int64_t utr,
                          Random* random) const {
  const Motifs& m = motifs();
  // Coordinates below are relative to the 300-base window; 0 is position -250.
  int64_t island_start = 0, island_end = 0;
  if (random->chance(options_.islands)) {
    const int64_t length = island_length(random);
    const int64_t last = kStartIndex + std::min(utr, length - kStartIndex);
    island_end =
        kPromoterWindow +
        static_cast<int64_t>(random->below(static_cast<uint64_t>(last - kPromoterWindow + 1)));
    island_start = island_end - length;
  }
  const bool island = island_end > 0;
  const int64_t origin = std::min<int64_t>(island_start, 0) - kFlank;

  struct Site {
    const Pwm* motif;
    int64_t at;
    char strand;
  };
  std::vector<Site> sites;
  const bool gc = random->chance(options_.gc_box), caat = random->chance(options_.caat_box);
  int64_t gc_at, caat_at;
  do {
    gc_at = kGcBox.draw(random) + layout.upstream_shift;
    caat_at = kCaatBox.draw(random) + layout.upstream_shift;
  } while (gc && caat && gc_at < caat_at + m.caat_box.width() &&
           caat_at < gc_at + m.gc_box.width());
  if (gc) sites.push_back({&m.gc_box, gc_at, random->chance(0.5) ? '+' : '-'});
  if (caat) sites.push_back({&m.caat_box, caat_at, random->chance(0.5) ? '+' : '-'});
  if (random->chance(options_.tata)) sites.push_back({&m.tata, layout.tata.draw(random), '+'});
  if (random->chance(options_.initiator))
    sites.push_back({&m.initiator, layout.initiator.draw(random), '+'});
  std::sort(sites.begin(), sites.end(), [](const Site& a, const Site& b) { return a.at < b.at; });

  const bool broken = &layout != &kPromoterLayouts[0];
  const auto fill_to = [&](int64_t at) {
    while (piece->size() + origin < at) {
      const int64_t here = piece->size() + origin;
      const bool inside = island && here >= island_start && here < island_end;
      int64_t next = at;
      if (inside) next = std::min(next, island_end);
      if (island && here < island_start) next = std::min(next, island_start);
      table(inside ? kIslandTable : isochore).fill(random, next - here, &piece->bases);
    }
  };
  for (const Site& site : sites) {
    fill_to(site.at);
    const int64_t start = piece->size();
    const std::string name = site.motif->name();
    piece->put(*site.motif, random, broken ? "decoy:" + name : name, site.strand);
    if (!broken) add_functional(piece, start, piece->size());
  }
  fill_to(kStartIndex + utr);
  if (island) piece->mark("island", island_start - origin, island_end - origin, 0, '.');
  const int64_t window = -origin;
  piece->candidates.push_back(
      {Task::kPromoter, broken ? 0 : 1, window, window + kPromoterWindow, '+'});
  return window + kStartIndex;
}

// Donor rows 3-8, background, branch point, background, tract, acceptor rows 0-3.
void Grammar::intron(Piece* piece, int isochore, Random* random) const {
  static const Pwm donor = motifs().donor.part(3, 9), acceptor = motifs().acceptor.part(0, 4);
  const Motifs& m = motifs();
  const int64_t start = piece->size();
  const int64_t end =
      start + log_normal(options_.intron, kIntronSpread, kShortestIntron, 1'000'000, random);
  const int distance = kBranchDistance.draw(random);
  const int tract = Range{kTract.low, longest_tract(distance)}.draw(random);
  const MarkovTable& background = table(isochore);
  donor.sample(random, &piece->bases);
  background.fill(random, end - distance - 3 - piece->size(), &piece->bases);
  int64_t at = piece->size();
  piece->put(m.branch, random, "branch");
  add_functional(piece, at, piece->size());
  background.fill(random, end - 4 - tract - piece->size(), &piece->bases);
  at = piece->size();
  double bits = 0;
  for (int i = 0; i < tract; ++i) {
    m.tract.sample(random, &piece->bases);
    bits += m.tract.bits(BasesView(piece->bases).last(1));
  }
  piece->mark("ppt", at, piece->size(), bits);
  acceptor.sample(random, &piece->bases);
  piece->mark("intron", start, end);
  add_functional(piece, end - 4, end);
}

Piece Grammar::gene(int isochore, const std::string& id, Random* random) const {
  const Motifs& m = motifs();
  Piece piece;
  const int64_t utr5 = log_normal(kUtr5, kUtrSpread, kShortestUtr5, kLongestUtr, random);
  const int64_t utr3 = log_normal(kUtr3, kUtrSpread, kShortestUtr3, kLongestUtr, random);
  const int exons = number_of_exons(options_.exons, random);
  std::vector<int64_t> ends;  // of the exons, in coding coordinates
  int64_t coding = 0;
  for (int i = 0; i < exons; ++i) {
    coding += log_normal(options_.exon, kExonSpread, kShortestExon, 20'000, random);
    ends.push_back(coding);
  }
  ends.back() = coding = (coding + 2) / 3 * 3;

  std::vector<const Row*> rows(static_cast<size_t>(coding), nullptr);
  for (size_t i = 0; i + 1 < ends.size(); ++i) {
    for (int j = 0; j < 3; ++j) rows[ends[i] - 3 + j] = &m.donor.rows()[j];
    rows[ends[i]] = &m.acceptor.rows()[4];
  }
  Bases cds = {kA, kT, kG};
  for (int64_t p = 3; p + 3 < coding; p += 3)
    codons(isochore).sample(random, {rows[p], rows[p + 1], rows[p + 2]}, &cds);
  put_stop(random, &cds);

  const int64_t start = promoter(&piece, isochore, kPromoterLayouts[0], utr5, random);
  piece.mark("tss", start, start + 1);
  piece.mark("utr5", start, start + utr5);
  std::vector<std::pair<int64_t, int64_t>> junctions;  // donor at, acceptor at
  int64_t from = 0, exon_start = start;
  for (size_t i = 0; i < ends.size(); ++i) {
    const int64_t at = piece.size();
    piece.bases.insert(piece.bases.end(), cds.begin() + from, cds.begin() + ends[i]);
    add_functional(&piece, at, piece.size());
    piece.mark("cds:" + std::to_string(from % 3), at, piece.size());
    const int64_t length = ends[i] - from;
    if (length >= kCodingWindow + 2 * kCodingMargin) {
      const int64_t offset =
          kCodingMargin + static_cast<int64_t>(random->below(static_cast<uint64_t>(
                              length - kCodingWindow - 2 * kCodingMargin + 1)));
      piece.candidates.push_back({Task::kCoding, 1, at + offset, at + offset + kCodingWindow, '+'});
    }
    from = ends[i];
    if (i + 1 == ends.size()) break;
    const int64_t donor = piece.size();
    piece.mark("exon", exon_start, donor);
    intron(&piece, isochore, random);
    add_functional(&piece, donor, donor + 6);
    exon_start = piece.size();
    junctions.emplace_back(donor, exon_start);
  }
  const int64_t stop = piece.size();
  table(isochore).fill(random, utr3, &piece.bases);
  piece.mark("exon", exon_start, piece.size());
  piece.mark("utr3", stop, piece.size());
  piece.mark("gene:" + id, start, piece.size());
  table(isochore).fill(random, kDownstream, &piece.bases);

  const BasesView all(piece.bases);
  for (const auto& [donor, acceptor] : junctions) {
    piece.mark("donor", donor - 3, donor + 6, m.donor.bits(all.subspan(donor - 3)));
    piece.mark("acceptor", acceptor - 4, acceptor + 1, m.acceptor.bits(all.subspan(acceptor - 4)));
    piece.candidates.push_back({Task::kSplice, kDonor, donor - kJunction, donor + kJunction, '+'});
    piece.candidates.push_back(
        {Task::kSplice, kAcceptor, acceptor - kJunction, acceptor + kJunction, '+'});
  }
  return piece;
}

Piece Grammar::broken_promoter(int isochore, Random* random) const {
  Piece piece;
  const PromoterLayout& layout = kPromoterLayouts[1 + random->below(2)];
  const int64_t utr = log_normal(kUtr5, kUtrSpread, kShortestUtr5, kLongestUtr, random);
  const int64_t start = promoter(&piece, isochore, layout, utr, random);
  piece.mark(std::string("decoy:promoter:") + layout.name, start - kStartIndex,
             start - kStartIndex + kPromoterWindow);
  return piece;
}

}  // namespace lexome::sim
