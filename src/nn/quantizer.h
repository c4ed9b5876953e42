// Quantisers: features of one or several depths of an encoder become codes, and codes become what a
// decoder reads. All arithmetic is fp32. Shape letters: R rows (positions), K codes, D features.
//   vq   one codebook on the last tap (VQDNA; van den Oord et al. 2017)
//   hrq  a codebook a tap; level n reads H(n) = 2 Z(n) - e(n-1), the decoder the mean of all levels
//        (VQDNA, equations 6 and 7)
//   rvq  residual quantisation of the last tap: level n reads Z - e(1) - ... - e(n-1), the
//        decoder their sum (Zeghidour et al. 2021)
//   fsq  finite scalar quantisation of a few channels, no codebook (Mentzer et al. 2024)
#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "nn/codebook.h"
#include "nn/estimators.h"

namespace lexome {

struct QuantizerOptions {
  std::string kind = "vq";             // vq | hrq | rvq | fsq
  std::vector<int64_t> sizes = {512};  // codes of each level; fsq: steps of each channel
  int64_t width = 384;                 // D
  CodebookOptions codebook;
  Estimator estimator = Estimator::kStraightThrough;
  bool detach_previous = false;  // hrq: no gradient through e(n-1) of H(n)
  bool sum_commitment = false;   // over levels: sum instead of mean
};

// One level of one batch: what it was asked, what it chose. Tensors are detached.
struct QuantizedLevel {
  Tensor codes_R;    // i64, -1 where no base stands
  Tensor input_RD;   // what was quantised
  Tensor vector_RD;  // the code's vector; zeros for -1
};

struct Quantized {
  Tensor features_RD;  // what the decoder reads, with its graph
  Tensor commitment;   // mean |input - code|^2 over real rows and features, with its graph
  std::vector<QuantizedLevel> levels;
};

class Quantizer : public torch::nn::Module {
 public:
  ~Quantizer() override = default;
  virtual int num_levels() const = 0;
  virtual int64_t num_codes(int level) const = 0;
  virtual bool ready() const = 0;    // false until training has made first codes
  virtual int num_taps() const = 0;  // features it reads, shallow first
  // `training` makes first codes where there are none and remembers what update() needs.
  virtual Quantized quantize(const std::vector<Tensor>& taps_RD, const Tensor& real_R,
                             bool training, Comm& comm) = 0;
  // The codes alone, i64 [R] a level, as quantize chooses them without training.
  virtual std::vector<Tensor> codes(const std::vector<Tensor>& taps_RD,
                                    const Tensor& real_R) const = 0;
  // What the decoder reads for codes i64 [R] of every level; zeros for -1.
  virtual Tensor features(const std::vector<Tensor>& codes_R) const = 0;
  // [R, D]: the vectors of one level's codes i64 [R]; of fsq the features. Zeros for -1.
  virtual Tensor vectors(int level, const Tensor& codes_R) const = 0;
  // After the optimiser's step: codebooks follow. Returns the codes revived on each level.
  virtual std::vector<int64_t> update(uint64_t step, Comm& comm) = 0;
  // Codes of a level that training has given up; 0 without a codebook.
  virtual int64_t num_dead(int level) const = 0;
};

// ConfigError for sizes that do not fit the kind.
std::shared_ptr<Quantizer> make_quantizer(const QuantizerOptions& options, uint64_t seed);

}  // namespace lexome
