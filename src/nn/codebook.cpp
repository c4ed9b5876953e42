// Averages are worked out in float64 and kept in fp32. Rows of all workers are numbered through, in
// the order of ranks, so that a draw means the same row however the rows are spread.
#include "nn/codebook.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "kernels/nearest_code.h"
#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

constexpr int64_t kRowsPerCode = 64;  // features a code that k-means looks at

// The numbers 0 .. count - 1 in random order, the first `wanted` of them; again from the start
// where there are too few.
std::vector<int64_t> draw_rows(int64_t count, int64_t wanted, Random random) {
  std::vector<int64_t> rows(static_cast<size_t>(count)), out;
  std::iota(rows.begin(), rows.end(), 0);
  while (static_cast<int64_t>(out.size()) < wanted) {
    const int64_t left = std::min(count, wanted - static_cast<int64_t>(out.size()));
    for (int64_t i = 0; i < left; ++i) {
      const auto other = i + static_cast<int64_t>(random.below(static_cast<uint64_t>(count - i)));
      std::swap(rows[static_cast<size_t>(i)], rows[static_cast<size_t>(other)]);
      out.push_back(rows[static_cast<size_t>(i)]);
    }
  }
  return out;
}

// First centres of k-means, by greedy k-means++ (Arthur and Vassilvitskii 2007): each further one
// is the best of a few rows, drawn with probabilities proportional to their squared distance from
// the nearest centre so far; the best leaves the smallest distances.
std::vector<int64_t> spread_rows(const Tensor& z_SD, int64_t wanted, Random random) {
  const auto rows = static_cast<uint64_t>(z_SD.size(0));
  const int tries = 2 + static_cast<int>(std::log(static_cast<double>(wanted)));
  const Tensor squares_S = z_SD.square().sum(1);
  // Squared distances of every row to the rows `to`, or to what is nearer already.
  const auto nearest = [&](const std::vector<int64_t>& to, const Tensor& before_S) {
    const Tensor to_T = torch::tensor(to).to(z_SD.device());
    const Tensor products_ST = z_SD.mm(z_SD.index_select(0, to_T).t());
    const Tensor squares_T = squares_S.index_select(0, to_T);
    const Tensor far_ST = (squares_S.unsqueeze(1) - 2 * products_ST + squares_T).clamp_min(0);
    return torch::minimum(far_ST, before_S.unsqueeze(1));
  };
  std::vector<int64_t> chosen = {static_cast<int64_t>(random.below(rows))};
  Tensor far_S =
      nearest(chosen, torch::full_like(squares_S, std::numeric_limits<float>::infinity()))
          .select(1, 0);
  while (static_cast<int64_t>(chosen.size()) < wanted) {
    far_S[chosen.back()].zero_();
    const Tensor sums_S = far_S.to(torch::kFloat64).cumsum(0).to(torch::kCPU);
    const double* const begin = sums_S.data_ptr<double>();
    const double* const end = begin + sums_S.numel();
    std::vector<int64_t> drawn;
    for (int i = 0; i < tries; ++i) {
      const double at = random.uniform() * end[-1];
      // Fewer different rows than centres: some stand twice.
      drawn.push_back(end[-1] > 0 ? std::upper_bound(begin, end - 1, at) - begin
                                  : static_cast<int64_t>(random.below(rows)));
    }
    const Tensor far_ST = nearest(drawn, far_S);
    const auto best = far_ST.sum(0, false, torch::kFloat64).argmin().item<int64_t>();
    chosen.push_back(drawn[static_cast<size_t>(best)]);
    far_S = far_ST.select(1, best).clone();
  }
  return chosen;
}

Tensor of_length_one(const Tensor& x_RD) { return x_RD / x_RD.norm(2, {1}, true).clamp_min(1e-12); }

// Rows of every worker, in the order of ranks.
std::vector<int64_t> rows_of_workers(int64_t mine, Comm& comm) {
  const Tensor rows = torch::zeros({comm.size()}, torch::kInt64);
  rows[comm.rank()] = mine;
  const Tensor all = comm.sum(rows);
  return {all.data_ptr<int64_t>(), all.data_ptr<int64_t>() + all.numel()};
}

}  // namespace

Codebook::Codebook(const CodebookOptions& options, int64_t codes, int64_t width, uint64_t seed,
                   uint64_t level)
    : options_(options), seed_(seed), level_(level) {
  Tensor first_KD = torch::zeros({codes, width});
  if (!options.kmeans) {
    Random random(seed, Purpose::kInit, level, 1);
    float* const data = first_KD.data_ptr<float>();
    for (int64_t i = 0; i < first_KD.numel(); ++i) data[i] = static_cast<float>(random.normal());
    if (options.cosine) first_KD = of_length_one(first_KD);
  }
  codes_KD_ = register_buffer("codes", first_KD);
  counts_K_ = register_buffer("counts", torch::ones({codes}));
  sums_KD_ = register_buffer("sums", first_KD.clone());
  ready_1_ = register_buffer("ready", torch::full({1}, options.kmeans ? 0 : 1, torch::kInt64));
}

bool Codebook::ready() const { return ready_1_.item<int64_t>() != 0; }

Tensor Codebook::assign(const Tensor& z_RD, const Tensor& real_R) const {
  if (!ready()) throw InternalError("a codebook was asked before it had any codes");
  const std::vector<int64_t> now = {change_count(codes_KD_),
                                    reinterpret_cast<int64_t>(codes_KD_.data_ptr())};
  if (now != made_of_) {
    table_ = CodeTable(codes_KD_);
    made_of_ = now;
  }
  return table_.nearest(z_RD).masked_fill(real_R.logical_not(), -1);
}

Tensor Codebook::vectors(const Tensor& codes_R) const {
  const torch::NoGradGuard no_grad;
  const Tensor chosen = codes_KD_.index_select(0, codes_R.clamp_min(0));
  return chosen.masked_fill(codes_R.lt(0).unsqueeze(1), 0);
}

// The rows of these numbers out of everybody's: [wanted, D].
Tensor Codebook::draw(const std::vector<int64_t>& wanted, const Tensor& mine_RD, Comm& comm) const {
  const std::vector<int64_t> rows = rows_of_workers(mine_RD.size(0), comm);
  const int64_t first = std::accumulate(rows.begin(), rows.begin() + comm.rank(), int64_t{0});
  const Tensor drawn =
      torch::zeros({static_cast<int64_t>(wanted.size()), codes_KD_.size(1)}, codes_KD_.options());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const int64_t row = wanted[i] - first;
    if (row >= 0 && row < mine_RD.size(0)) drawn[static_cast<int64_t>(i)].copy_(mine_RD[row]);
  }
  return comm.sum(drawn);
}

void Codebook::initialise(const Tensor& z_RD, const Tensor& real_R, Comm& comm) {
  const torch::NoGradGuard no_grad;
  const Tensor mine_RD = z_RD.detach().index_select(0, real_R.nonzero().squeeze(1));
  const std::vector<int64_t> rows = rows_of_workers(mine_RD.size(0), comm);
  const int64_t all = std::accumulate(rows.begin(), rows.end(), int64_t{0}), codes = size();
  if (all == 0) throw InputError("the first batch has no base to make a codebook of");
  const int64_t kept = std::min(all, kRowsPerCode * codes);
  std::vector<int64_t> sample = draw_rows(all, kept, Random(seed_, Purpose::kInit, level_, 2));
  std::sort(sample.begin(), sample.end());
  const Tensor z_SD = draw(sample, mine_RD, comm);
  const auto rows_of_sample = [&](const std::vector<int64_t>& chosen) {
    return z_SD.index_select(0, torch::tensor(chosen).to(z_SD.device()));
  };
  const auto stream = [&](int64_t round) {
    return Random(seed_, Purpose::kInit, level_, 3 + static_cast<uint64_t>(round));
  };
  Tensor centres_KD = rows_of_sample(spread_rows(z_SD, codes, stream(0)));
  CodeStatistics found;
  for (int64_t round = 0; round <= options_.init_iterations; ++round) {
    found = code_statistics(z_SD, nearest_code(z_SD, centres_KD), codes);
    if (round == options_.init_iterations) break;
    const Tensor mean_KD =
        (found.sums_KD / found.counts_K.clamp_min(1).unsqueeze(1)).to(torch::kFloat32);
    // A centre that nothing chose moves to some row.
    centres_KD = torch::where(found.counts_K.gt(0).unsqueeze(1), mean_KD,
                              rows_of_sample(draw_rows(kept, codes, stream(round + 1))));
    if (options_.cosine) centres_KD = of_length_one(centres_KD);
  }
  // Counts as if the whole batch had been looked at; unused codes begin with a mean share.
  const double share = static_cast<double>(all) / static_cast<double>(kept);
  const double mean_count = static_cast<double>(all) / static_cast<double>(codes);
  const Tensor counts_K = torch::where(found.counts_K.gt(0), found.counts_K * share,
                                       torch::full_like(found.counts_K, mean_count));
  codes_KD_.copy_(centres_KD);
  counts_K_.copy_(counts_K);
  sums_KD_.copy_(centres_KD * counts_K.unsqueeze(1));
  ready_1_.fill_(1);
}

void Codebook::observe(const Tensor& z_RD, const Tensor& codes_R) {
  const torch::NoGradGuard no_grad;
  const Tensor plain_RD = z_RD.detach();
  const CodeStatistics batch = code_statistics(plain_RD, codes_R, size());
  if (observed_.counts_K.defined()) {
    observed_.counts_K += batch.counts_K;
    observed_.sums_KD += batch.sums_KD;
  } else {
    observed_ = batch;
  }
  recent_RD_ = plain_RD.index_select(0, codes_R.ge(0).nonzero().squeeze(1));
}

void Codebook::write_codes() {
  const Tensor counts_K = counts_K_.to(torch::kFloat64), total = counts_K.sum();
  const Tensor smooth_K = (counts_K + options_.smoothing) /
                          (total + static_cast<double>(size()) * options_.smoothing) * total;
  const Tensor codes_KD = sums_KD_.to(torch::kFloat64) / smooth_K.unsqueeze(1);
  codes_KD_.copy_(options_.cosine ? of_length_one(codes_KD) : codes_KD);
}

Tensor Codebook::dead_codes() const {
  return counts_K_.lt(counts_K_.mean() * options_.revive_below).nonzero().squeeze(1);
}

int64_t Codebook::num_dead() const { return dead_codes().size(0); }

int64_t Codebook::update(uint64_t step, Comm& comm) {
  const torch::NoGradGuard no_grad;
  if (!observed_.counts_K.defined()) return 0;
  const Tensor counts_K = comm.sum(observed_.counts_K), sums_KD = comm.sum(observed_.sums_KD);
  observed_ = {};
  if (counts_K.sum().item<double>() == 0) return 0;
  counts_K_.copy_(counts_K_.to(torch::kFloat64) * options_.decay + counts_K * (1 - options_.decay));
  sums_KD_.copy_(sums_KD_.to(torch::kFloat64) * options_.decay + sums_KD * (1 - options_.decay));
  write_codes();
  const Tensor dead = dead_codes();
  if (dead.size(0) == 0) return 0;
  const std::vector<int64_t> rows = rows_of_workers(recent_RD_.size(0), comm);
  const int64_t all = std::accumulate(rows.begin(), rows.end(), int64_t{0});
  if (all == 0) return 0;
  const Tensor born_KD =
      draw(draw_rows(all, dead.size(0), Random(seed_, Purpose::kSample, level_, step)), recent_RD_,
           comm);
  const Tensor count = counts_K_.mean();
  codes_KD_.index_copy_(0, dead, born_KD);
  counts_K_.index_fill_(0, dead, count.item<float>());
  sums_KD_.index_copy_(0, dead, born_KD * count);
  return dead.size(0);
}

}  // namespace lexome
