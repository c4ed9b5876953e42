// Shape letters: R rows, D features, C channels. Digits are exact small integers in fp32.
#include "nn/fsq.h"

#include <fmt/format.h>

#include <cmath>

#include "lexome/error.h"
#include "nn/parameters.h"

namespace lexome {
namespace {

constexpr double kEps = 1e-3;  // keeps the outermost steps within reach of tanh
constexpr int64_t kMostCodes = int64_t{1} << 24;

class Fsq final : public Quantizer {
 public:
  Fsq(const std::vector<int64_t>& steps, int64_t width, uint64_t seed) : steps_(steps) {
    const auto channels = static_cast<int64_t>(steps.size());
    const double spread = 1.0 / std::sqrt(static_cast<double>(width));
    down_CD_ = add_parameter(*this, "down.weight", {channels, width}, Init::kNormal, seed, spread);
    down_C_ = add_parameter(*this, "down.bias", {channels}, Init::kZeros, seed);
    up_DC_ = add_parameter(*this, "up.weight", {width, channels}, Init::kNormal, seed, 0.5);
    up_D_ = add_parameter(*this, "up.bias", {width}, Init::kZeros, seed);
    for (const int64_t step : steps) {
      // An even number of steps has no middle one: tanh is moved so that zero is a step.
      const double half = static_cast<double>(step - 1) * (1 + kEps) / 2;
      const double offset = step % 2 == 0 ? 0.5 : 0.0;
      half_.push_back(static_cast<float>(half));
      offset_.push_back(static_cast<float>(offset));
      shift_.push_back(static_cast<float>(std::atanh(offset / half)));
      middle_.push_back(static_cast<float>(step / 2));
      radix_.push_back(static_cast<float>(codes_));
      codes_ *= step;
    }
  }

  int num_levels() const override { return 1; }
  int64_t num_codes(int) const override { return codes_; }
  int num_taps() const override { return 1; }
  bool ready() const override { return true; }
  int64_t num_dead(int) const override { return 0; }
  std::vector<int64_t> update(uint64_t, Comm&) override { return {0}; }

  Quantized quantize(const std::vector<Tensor>& taps_RD, const Tensor& real_R, bool,
                     Comm&) override {
    const Tensor bounded_RC = bounded(taps_RD.at(0));
    const Tensor digits_RC = bounded_RC.detach().round();  // around zero
    const Tensor middle_1C = row(middle_, digits_RC), none_R1 = real_R.logical_not().unsqueeze(1);
    const Tensor codes_R = codes_of(digits_RC, real_R);
    Quantized out;
    const Tensor unit_RC = digits_RC / middle_1C;
    out.levels.push_back(
        {codes_R, (bounded_RC / middle_1C).detach(), unit_RC.masked_fill(none_R1, 0)});
    out.features_RD = up(pass_through(bounded_RC / middle_1C, unit_RC, Estimator::kStraightThrough))
                          .masked_fill(none_R1, 0);
    out.commitment = torch::zeros({}, digits_RC.options());
    return out;
  }

  std::vector<Tensor> codes(const std::vector<Tensor>& taps_RD,
                            const Tensor& real_R) const override {
    const torch::NoGradGuard no_grad;
    return {codes_of(bounded(taps_RD.at(0)).round(), real_R)};
  }

  Tensor features(const std::vector<Tensor>& codes_R) const override {
    const Tensor codes = codes_R.at(0);
    std::vector<Tensor> digits;
    Tensor rest = codes.clamp_min(0);
    for (const int64_t step : steps_) {
      digits.push_back(rest.remainder(step) - step / 2);
      rest = rest.div(step, "floor");
    }
    const Tensor digits_RC = torch::stack(digits, 1).to(torch::kFloat32);
    return up(digits_RC / row(middle_, digits_RC)).masked_fill(codes.lt(0).unsqueeze(1), 0);
  }

  Tensor vectors(int, const Tensor& codes_R) const override { return features({codes_R}); }

 private:
  Tensor bounded(const Tensor& tap_RD) const {
    const Tensor z_RC = torch::addmm(down_C_, tap_RD, down_CD_.t());
    return torch::tanh(z_RC + row(shift_, z_RC)) * row(half_, z_RC) - row(offset_, z_RC);
  }
  Tensor codes_of(const Tensor& digits_RC, const Tensor& real_R) const {
    return ((digits_RC + row(middle_, digits_RC)) * row(radix_, digits_RC))
        .sum(1)
        .to(torch::kInt64)
        .masked_fill(real_R.logical_not(), -1);
  }
  Tensor up(const Tensor& x_RC) const { return torch::addmm(up_D_, x_RC, up_DC_.t()); }
  static Tensor row(const std::vector<float>& values, const Tensor& like) {
    return torch::tensor(values).to(like.device()).unsqueeze(0);
  }

  std::vector<int64_t> steps_;
  std::vector<float> half_, offset_, shift_, middle_, radix_;
  int64_t codes_ = 1;
  Tensor down_CD_, down_C_, up_DC_, up_D_;
};

}  // namespace

std::shared_ptr<Quantizer> make_fsq(const std::vector<int64_t>& steps, int64_t width,
                                    uint64_t seed) {
  int64_t codes = 1;
  for (const int64_t step : steps) {
    if (step < 2) throw ConfigError("vocab.sizes: a channel of fsq needs 2 steps or more");
    codes = codes > kMostCodes ? codes : codes * step;
  }
  if (codes > kMostCodes)
    throw ConfigError(fmt::format("vocab.sizes: more than {} codes", kMostCodes));
  return std::make_shared<Fsq>(steps, width, seed);
}

}  // namespace lexome
