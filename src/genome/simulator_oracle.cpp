// Likelihoods in closed form. A motif laid on the background changes the likelihood by the odds of
// its matrix against the chain at that place; whatever is unknown is a sum of such odds. All chains
// run left to right exactly as in the generator, so these are identities and not approximations;
// the one exception is the start codon of a first exon's window, which is scored as an ordinary
// codon.
#include "genome/simulator_oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lexome::sim {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// log(sum of exp), fed one term at a time.
class LogSum {
 public:
  void add(double term) {
    if (term == kNever) return;
    if (term > top_) {
      sum_ = sum_ * std::exp(top_ - term) + 1;
      top_ = term;
    } else {
      sum_ += std::exp(term - top_);
    }
  }
  double value() const { return sum_ > 0 ? top_ + std::log(sum_) : kNever; }

 private:
  double top_ = kNever, sum_ = 0;
};

// Running sums of the log-likelihood of a chain: between(i, j) is that of bases [i, j).
class Background {
 public:
  Background(const MarkovTable& table, BasesView bases)
      : each_(bases.size()), sums_(bases.size() + 1) {
    table.log_likelihoods(bases, each_.data());
    for (size_t i = 0; i < each_.size(); ++i) sums_[i + 1] = sums_[i] + each_[i];
  }
  double between(int64_t i, int64_t j) const { return sums_[j] - sums_[i]; }
  double all() const { return sums_.back(); }
  double odds(const Pwm& motif, BasesView bases, int64_t at) const {
    return std::exp(motif.log_p(bases.subspan(at)) - between(at, at + motif.width()));
  }

 private:
  std::vector<double> each_, sums_;
};

double mean_odds(const Background& background, const Pwm& motif, BasesView bases, Range starts) {
  double sum = 0;
  for (int at = starts.low; at <= starts.high; ++at) sum += background.odds(motif, bases, at);
  return sum / starts.count();
}

double either(double share, double odds) { return 1 - share + share * odds; }

}  // namespace

std::array<double, 3> Oracle::log_joint(Task task, BasesView bases) const {
  switch (task) {
    case Task::kPromoter:
      return promoter(bases);
    case Task::kSplice:
      return splice(bases);
    case Task::kCoding:
      return coding(bases);
    case Task::kPair:
      return pair(bases);
  }
  return {};
}

std::array<double, 3> Oracle::promoter(BasesView bases) const {
  static const Pwm gc_minus = motifs().gc_box.reversed(), caat_minus = motifs().caat_box.reversed();
  const Motifs& m = motifs();
  const SimulateOptions& o = grammar_.options();
  const int gc_width = m.gc_box.width(), caat_width = m.caat_box.width();
  LogSum positive, negative;
  for (int t = 0; t < kTables; ++t) {
    const double prior =
        t == kIslandTable ? o.islands : (1 - o.islands) * grammar_.isochore_prior(t);
    if (prior <= 0) continue;
    const Background background(grammar_.table(t), bases);
    for (const PromoterLayout& layout : kPromoterLayouts) {
      std::vector<double> gc, caat_sums = {0.0};
      for (int at = kGcBox.low; at <= kGcBox.high; ++at)
        gc.push_back(0.5 * (background.odds(m.gc_box, bases, at + layout.upstream_shift) +
                            background.odds(gc_minus, bases, at + layout.upstream_shift)));
      for (int at = kCaatBox.low; at <= kCaatBox.high; ++at)
        caat_sums.push_back(caat_sums.back() +
                            0.5 * (background.odds(m.caat_box, bases, at + layout.upstream_shift) +
                                   background.odds(caat_minus, bases, at + layout.upstream_shift)));
      const double gc_sum = std::accumulate(gc.begin(), gc.end(), 0.0);
      double both = 0;
      int64_t placements = 0;
      for (int at = kGcBox.low; at <= kGcBox.high; ++at) {
        // CAAT starts that overlap this GC box: (at - caat_width, at + gc_width).
        const int low = std::clamp(at - caat_width + 1 - kCaatBox.low, 0, kCaatBox.count());
        const int high = std::clamp(at + gc_width - kCaatBox.low, low, kCaatBox.count());
        both += gc[at - kGcBox.low] * (caat_sums.back() - caat_sums[high] + caat_sums[low]);
        placements += kCaatBox.count() - (high - low);
      }
      const double g = o.gc_box, c = o.caat_box;
      const double upstream = (1 - g) * (1 - c) + g * (1 - c) * gc_sum / kGcBox.count() +
                              (1 - g) * c * caat_sums.back() / kCaatBox.count() +
                              g * c * both / static_cast<double>(placements);
      const double core =
          either(o.tata, mean_odds(background, m.tata, bases, layout.tata)) *
          either(o.initiator, mean_odds(background, m.initiator, bases, layout.initiator));
      const double term = std::log(prior * upstream * core) + background.all();
      if (&layout == &kPromoterLayouts[0])
        positive.add(term);
      else
        negative.add(term - std::log(kPromoterLayouts.size() - 1.0));
    }
  }
  return {negative.value(), positive.value(), kNever};
}

std::array<double, 3> Oracle::splice(BasesView bases) const {
  static const Pwm donor = motifs().donor.part(3, 9), acceptor = motifs().acceptor.part(0, 4);
  const Motifs& m = motifs();
  const auto& rows = m.donor.rows();
  const Row* first = &m.acceptor.rows()[4];
  const double third = std::log(1.0 / 3);
  LogSum classes[3];
  const auto framed = [&](const CodonModel& codons, BasesView run,
                          const std::vector<CodonModel::Governed>& governed) {
    LogSum sum;
    for (int phase = 0; phase < 3; ++phase)
      sum.add(third + codons.log_likelihood(run, phase, governed));
    return sum.value();
  };
  // Windows cover [0, 120); the donor matrix [57, 66); the acceptor matrix [56, 61).
  for (int k = 0; k < kIsochores; ++k) {
    const double prior = std::log(grammar_.isochore_prior(k));
    const CodonModel& codons = grammar_.codons(k);
    const Background background(grammar_.table(k), bases);

    const double donor_intron = donor.log_p(bases.subspan(kJunction));
    const double intron_after = background.between(kJunction + 6, kSpliceWindow);
    classes[kDonor].add(prior + donor_intron + intron_after +
                        framed(codons, bases.first(kJunction),
                               {{57, &rows[0]}, {58, &rows[1]}, {59, &rows[2]}, {60, first}}));
    const double exon_end = framed(codons, bases.subspan(kJunction - 3, 3),
                                   {{0, &rows[0]}, {1, &rows[1]}, {2, &rows[2]}, {3, first}});
    LogSum neither;
    neither.add(background.between(0, kJunction - 3) + exon_end + donor_intron +
                framed(codons, bases.subspan(kJunction + 6), {}));
    LogSum slipped;
    for (int slip = kDonorSlip.low; slip <= kDonorSlip.high; ++slip) {
      const int64_t end = kJunction - 3 - slip;
      slipped.add(framed(codons, bases.first(end), {}) + background.between(end, kJunction - 3));
    }
    neither.add(slipped.value() - std::log(kDonorSlip.count()) + exon_end + donor_intron +
                intron_after);

    // Acceptors: everything but the branch point and the tract is common to all three kinds.
    const double common =
        background.between(0, kJunction - 4) + acceptor.log_p(bases.subspan(kJunction - 4)) +
        framed(codons, bases.subspan(kJunction), {{-2, &rows[1]}, {-1, &rows[2]}, {0, first}});
    std::array<double, kJunction + 1> tract{};  // running log odds of tract bases
    std::array<double, kJunction> branch{};     // odds of a branch point that begins here
    for (int i = 0; i < kJunction; ++i) {
      tract[i + 1] = tract[i] + m.tract.log_p(bases.subspan(i)) - background.between(i, i + 1);
      if (i <= kJunction - 9) branch[i] = background.odds(m.branch, bases, i);
    }
    const auto tract_odds = [&](int at, int length) {
      return std::exp(tract[at + length] - tract[at]);
    };
    double proper = 0, swapped = 0, moved = 0;
    for (int slip = 0; slip <= kAcceptorSlip.high; ++slip) {
      if (slip > 0 && slip < kAcceptorSlip.low) continue;
      std::array<double, kTract.high + 1> mean{};  // of tract odds up to a longest length
      double sum = 0;
      for (int length = kTract.low; length <= kTract.high; ++length) {
        sum += tract_odds(kJunction - 4 - slip - length, length);
        mean[length] = sum / (length - kTract.low + 1);
      }
      for (int distance = kBranchDistance.low; distance <= kBranchDistance.high; ++distance)
        (slip == 0 ? proper : moved) +=
            mean[longest_tract(distance)] * branch[kJunction - distance - 3 - slip];
    }
    for (int distance = kBranchDistance.low; distance <= kBranchDistance.high; ++distance) {
      double sum = 0;
      for (int length = kTract.low; length <= longest_tract(distance); ++length)
        sum += tract_odds(kJunction - distance - 3, length);
      swapped += sum / (longest_tract(distance) - kTract.low + 1) * branch[kJunction - 9];
    }
    const double distances = kBranchDistance.count();
    classes[kAcceptor].add(prior + common + std::log(proper / distances));
    neither.add(common + std::log(swapped / distances));
    neither.add(common + std::log(moved / distances / kAcceptorSlip.count()));
    classes[kNeither].add(prior + neither.value() - std::log(kSpliceBreaks));
  }
  return {classes[kDonor].value(), classes[kAcceptor].value(), classes[kNeither].value()};
}

std::array<double, 3> Oracle::coding(BasesView bases) const {
  LogSum positive, negative;
  for (int k = 0; k < kIsochores; ++k) {
    const double prior = std::log(grammar_.isochore_prior(k));
    for (int phase = 0; phase < 3; ++phase)
      positive.add(prior - std::log(3.0) + grammar_.codons(k).log_likelihood(bases, phase, {}));
    negative.add(prior + grammar_.codons(k).frameless_log_likelihood(bases));
  }
  return {negative.value(), positive.value(), kNever};
}

// Mean over gaps and starts of the product of both motifs' odds. `odds` holds A+, A-, B+, B-.
double Oracle::pair_odds(const std::array<std::vector<double>, 4>& odds,
                         const PairConfiguration& configuration) const {
  const Motifs& m = motifs();
  const int left_width = configuration.a_first ? m.pair_a.width() : m.pair_b.width();
  const int right_width = configuration.a_first ? m.pair_b.width() : m.pair_a.width();
  const std::vector<double>& left =
      odds[(configuration.a_first ? 0 : 2) + (configuration.left == '-' ? 1 : 0)];
  const std::vector<double>& right =
      odds[(configuration.a_first ? 2 : 0) + (configuration.right == '-' ? 1 : 0)];
  const std::vector<int>& gaps = grammar_.pair_gaps(configuration.wrong_distance);
  double sum = 0;
  for (int gap : gaps) {
    const int last = kPairWindow - (left_width + gap + right_width);
    double at_gap = 0;
    for (int at = 0; at <= last; ++at) at_gap += left[at] * right[at + left_width + gap];
    sum += at_gap / (last + 1);
  }
  return sum / static_cast<double>(gaps.size());
}

std::array<double, 3> Oracle::pair(BasesView bases) const {
  const Motifs& m = motifs();
  static const Pwm a_minus = m.pair_a.reversed(), b_minus = m.pair_b.reversed();
  const Pwm* const matrices[4] = {&m.pair_a, &a_minus, &m.pair_b, &b_minus};
  LogSum positive, negative;
  for (int k = 0; k < kIsochores; ++k) {
    const Background background(grammar_.table(k), bases);
    std::array<std::vector<double>, 4> odds;
    for (int i = 0; i < 4; ++i)
      for (int at = 0; at + matrices[i]->width() <= kPairWindow; ++at)
        odds[i].push_back(background.odds(*matrices[i], bases, at));
    double right = 0, wrong = 0;
    for (size_t i = 0; i < kPairConfigurations.size(); ++i)
      (i < 2 ? right : wrong) +=
          pair_prior(kPairConfigurations[i]) * pair_odds(odds, kPairConfigurations[i]);
    const double base = std::log(grammar_.isochore_prior(k)) + background.all();
    positive.add(base + std::log(right));
    negative.add(base + std::log(wrong));
  }
  return {negative.value(), positive.value(), kNever};
}

double auroc(const std::vector<double>& scores, const std::vector<int>& positive) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double ranks = 0, num_positive = 0;
  for (size_t i = 0; i < order.size();) {
    size_t j = i;
    while (j < order.size() && scores[order[j]] == scores[order[i]]) ++j;
    for (size_t t = i; t < j; ++t)
      if (positive[order[t]] != 0) {
        ranks += (static_cast<double>(i + j) + 1) / 2;
        ++num_positive;
      }
    i = j;
  }
  const double num_negative = static_cast<double>(scores.size()) - num_positive;
  if (num_positive == 0 || num_negative == 0) return 0.5;
  return (ranks - num_positive * (num_positive + 1) / 2) / (num_positive * num_negative);
}

}  // namespace lexome::sim
