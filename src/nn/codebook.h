// A codebook learned by exponential moving averages of the features that chose its codes (van den
// Oord et al. 2017, appendix A.1), always in fp32. It is state, not a parameter: no optimiser moves
// it, checkpoints hold it. Features of padding, whose code is -1, count nowhere. Shape letters: R
// rows, K codes, D features.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "kernels/nearest_code.h"
#include "tensor/comm.h"
#include "tensor/torch.h"

namespace lexome {

struct CodebookOptions {
  bool cosine = false;      // codes of length one, chosen by the angle
  double decay = 0.99;      // share of the averages that stays at an update
  double smoothing = 1e-5;  // Laplace smoothing of the counts
  bool kmeans = true;  // first codes: greedy k-means++ on the first features; else normal numbers
  int64_t init_iterations = 10;  // of k-means
  double revive_below =
      0.05;  // a code used less than this share of the mean use starts anew; 0: never
};

class Codebook : public torch::nn::Module {
 public:
  // `level` keeps the random streams of several codebooks of one seed apart.
  Codebook(const CodebookOptions& options, int64_t codes, int64_t width, uint64_t seed,
           uint64_t level);

  int64_t size() const { return codes_KD_.size(0); }
  const Tensor& codes() const { return codes_KD_; }
  bool ready() const;  // false until initialise(), which random first codes do not need
  // First codes from the features of all workers, the same for any cut into workers.
  void initialise(const Tensor& z_RD, const Tensor& real_R, Comm& comm);

  // i64 [R]: the nearest code, -1 where `real_R` is false. Cosine wants z of length one. Several
  // threads may call at once after a first call.
  Tensor assign(const Tensor& z_RD, const Tensor& real_R) const;
  // [R, D]: the codes' vectors; zeros for -1.
  Tensor vectors(const Tensor& codes_R) const;

  // Sums up features by their codes for the next update; several batches may count for one.
  void observe(const Tensor& z_RD, const Tensor& codes_R);
  // Averages move by what all workers observed, codes follow, and codes that hardly anything
  // chooses are replaced by features drawn from the last batch: vector, count and sum together.
  // Returns how many were. `step` names the draw. Nothing observed: nothing happens.
  int64_t update(uint64_t step, Comm& comm);
  // Codes used less than revive_below asks for.
  int64_t num_dead() const;

 private:
  Tensor draw(const std::vector<int64_t>& wanted, const Tensor& mine_RD, Comm& comm) const;
  void write_codes();
  Tensor dead_codes() const;

  CodebookOptions options_;
  uint64_t seed_, level_;
  Tensor codes_KD_, counts_K_, sums_KD_, ready_1_;
  mutable CodeTable table_;
  mutable std::vector<int64_t> made_of_;  // change count and address of the codes it was made of
  CodeStatistics observed_;               // undefined tensors: nothing yet
  Tensor recent_RD_;                      // features of the last batch
};

}  // namespace lexome
