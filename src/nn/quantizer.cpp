// Quantisers with codebooks. Commitment always measures against detached codes of earlier levels;
// through straight-through codes the terms of all levels but the first would cancel.
#include "nn/quantizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "lexome/error.h"
#include "nn/fsq.h"

namespace lexome {
namespace {

enum class Kind { kSingle, kHierarchical, kResidual };

class CodebookQuantizer final : public Quantizer {
 public:
  CodebookQuantizer(Kind kind, const QuantizerOptions& options, uint64_t seed)
      : kind_(kind), options_(options) {
    for (size_t level = 0; level < options.sizes.size(); ++level) {
      books_.push_back(
          register_module(fmt::format("level{}", level + 1),
                          std::make_shared<Codebook>(options.codebook, options.sizes[level],
                                                     options.width, seed, level)));
    }
  }

  int num_levels() const override { return static_cast<int>(books_.size()); }
  int64_t num_codes(int level) const override { return book(level).size(); }
  bool ready() const override { return books_.front()->ready(); }
  int num_taps() const override { return kind_ == Kind::kHierarchical ? num_levels() : 1; }
  int64_t num_dead(int level) const override { return book(level).num_dead(); }

  Quantized quantize(const std::vector<Tensor>& taps_RD, const Tensor& real_R, bool training,
                     Comm& comm) override {
    Quantized out;
    Tensor before_RD;  // hrq: the level before; rvq: the sum of all before; detached
    Tensor passed_RD;  // the level before as the next one may be differentiated through
    Tensor sum_RD;
    for (int level = 0; level < num_levels(); ++level) {
      Codebook& codes = *books_[static_cast<size_t>(level)];
      const Tensor z_RD = tap(taps_RD, level);
      // The same numbers twice: as commitment is differentiated, and as the output is.
      const Tensor input_RD = shaped(input(z_RD, before_RD));
      if (training && !codes.ready()) codes.initialise(input_RD, real_R, comm);
      const Tensor codes_R = codes.assign(input_RD, real_R), vector_RD = codes.vectors(codes_R);
      if (training) codes.observe(input_RD, codes_R);
      out.levels.push_back({codes_R, input_RD.detach(), vector_RD});
      const Tensor missed = commitment(input_RD, vector_RD, real_R);
      out.commitment = out.commitment.defined() ? out.commitment + missed : missed;
      if (kind_ == Kind::kHierarchical) {
        const Tensor asked_RD = shaped(input(z_RD, passed_RD));
        const Tensor q_RD = pass_through(asked_RD, vector_RD, options_.estimator);
        sum_RD = level == 0 ? q_RD : sum_RD + q_RD;
        before_RD = vector_RD;
        passed_RD = options_.detach_previous ? vector_RD : q_RD;
      } else {
        before_RD = level == 0 ? vector_RD : before_RD + vector_RD;
      }
    }
    if (!options_.sum_commitment) out.commitment = out.commitment / num_levels();
    out.features_RD = kind_ == Kind::kHierarchical
                          ? sum_RD / num_levels()
                          : pass_through(tap(taps_RD, 0), before_RD, options_.estimator);
    return out;
  }

  std::vector<Tensor> codes(const std::vector<Tensor>& taps_RD,
                            const Tensor& real_R) const override {
    const torch::NoGradGuard no_grad;
    std::vector<Tensor> out;
    Tensor before_RD;
    for (int level = 0; level < num_levels(); ++level) {
      out.push_back(book(level).assign(shaped(input(tap(taps_RD, level), before_RD)), real_R));
      if (level + 1 == num_levels()) break;
      const Tensor vector_RD = book(level).vectors(out.back());
      before_RD = kind_ == Kind::kHierarchical || level == 0 ? vector_RD : before_RD + vector_RD;
    }
    return out;
  }

  Tensor features(const std::vector<Tensor>& codes_R) const override {
    Tensor sum_RD;
    for (int level = 0; level < num_levels(); ++level) {
      const Tensor vector_RD = book(level).vectors(codes_R.at(static_cast<size_t>(level)));
      sum_RD = level == 0 ? vector_RD : sum_RD + vector_RD;
    }
    return kind_ == Kind::kHierarchical ? sum_RD / num_levels() : sum_RD;
  }

  Tensor vectors(int level, const Tensor& codes_R) const override {
    return book(level).vectors(codes_R);
  }

  std::vector<int64_t> update(uint64_t step, Comm& comm) override {
    std::vector<int64_t> revived;
    for (const auto& codes : books_) revived.push_back(codes->update(step, comm));
    return revived;
  }

 private:
  const Codebook& book(int level) const { return *books_.at(static_cast<size_t>(level)); }

  Tensor tap(const std::vector<Tensor>& taps_RD, int level) const {
    return shaped(taps_RD.at(kind_ == Kind::kHierarchical ? static_cast<size_t>(level) : 0));
  }
  // Cosine codebooks see directions only.
  Tensor shaped(const Tensor& x_RD) const {
    return options_.codebook.cosine ? x_RD / x_RD.norm(2, {1}, true).clamp_min(1e-12) : x_RD;
  }
  Tensor input(const Tensor& z_RD, const Tensor& before_RD) const {
    if (!before_RD.defined()) return z_RD;
    return kind_ == Kind::kHierarchical ? 2 * z_RD - before_RD : z_RD - before_RD;
  }
  static Tensor commitment(const Tensor& input_RD, const Tensor& vector_RD, const Tensor& real_R) {
    const Tensor missed_R = (input_RD - vector_RD).square().mean(1);
    return missed_R.masked_fill(real_R.logical_not(), 0).sum() / real_R.sum().clamp_min(1);
  }

  Kind kind_;
  QuantizerOptions options_;
  std::vector<std::shared_ptr<Codebook>> books_;
};

}  // namespace

std::shared_ptr<Quantizer> make_quantizer(const QuantizerOptions& options, uint64_t seed) {
  const auto levels = static_cast<int64_t>(options.sizes.size());
  if (levels == 0) throw ConfigError("vocab.sizes names no level");
  if (options.kind == "fsq") return make_fsq(options.sizes, options.width, seed);
  if (options.kind == "vq" && levels != 1) {
    throw ConfigError(fmt::format(
        "vocab.sizes names {} levels, and vq has one; `lexome vocab hrq` and rvq have several",
        levels));
  }
  if (options.kind == "rvq" && options.codebook.cosine) {
    throw ConfigError(
        "vocab.metric = cosine does not fit rvq: residuals shrink from level to level");
  }
  const Kind kind = options.kind == "vq"    ? Kind::kSingle
                    : options.kind == "hrq" ? Kind::kHierarchical
                                            : Kind::kResidual;
  return std::make_shared<CodebookQuantizer>(kind, options, seed);
}

}  // namespace lexome
