// A modulated deformable convolution over sequences of width 512 with three taps, forward and
// backward, as MxDNA assembles its tokens. The counterpart of bench/peers/deformable_step.py, which
// gives the same problem to torchvision; prints the same line. `--save` writes the problem and its
// gradients, from which the peer shows that it computes the same.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "kernels/deformable.h"
#include "kernels/linear.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "tensor/tensor_io.h"
#include "timing.h"

namespace {

struct Settings {
  std::string precision = "fp32", save;
  int threads = 2, repeats = 5;
  int64_t rows = 8, tokens = 512, width = 512, taps = 3;
  bool serve = false;
};

torch::Tensor normal(torch::IntArrayRef shape, double spread, uint64_t stream) {
  lexome::Random random(1, lexome::Purpose::kTest, stream);
  const torch::Tensor made = torch::empty(shape);
  for (int64_t i = 0; i < made.numel(); ++i)
    made.data_ptr<float>()[i] = static_cast<float>(spread * random.normal());
  return made;
}

class Convolution {
 public:
  explicit Convolution(const Settings& settings) {
    const int64_t all = settings.rows * settings.tokens;
    rows_ =
        lexome::packed(std::vector<int64_t>(static_cast<size_t>(settings.rows), settings.tokens));
    at_K_ = torch::arange(all);
    const auto type = settings.precision == "bf16" ? torch::kBFloat16 : torch::kFloat32;
    v_RD_ = normal({all, settings.width}, 1.0, 1).to(type).requires_grad_();
    offsets_KF_ = normal({all, settings.taps}, 1.5, 2).requires_grad_();
    modulation_KF_ = (normal({all, settings.taps}, 1.0, 3).sigmoid() * 2).requires_grad_();
    filters_ = normal({settings.width, settings.taps * settings.width}, 0.02, 4).requires_grad_();
    asked_KD_ = normal({all, settings.width}, 1.0, 5).to(type);
  }

  int64_t tokens() const { return rows_.rows; }

  double step() {
    const auto begin = std::chrono::steady_clock::now();
    for (torch::Tensor* const each : {&v_RD_, &offsets_KF_, &modulation_KF_, &filters_})
      each->mutable_grad().reset();
    const torch::Tensor samples =
        lexome::deformable_samples(v_RD_, rows_, at_K_, rows_, offsets_KF_, modulation_KF_);
    out_KD_ = lexome::matmul_weight(samples, {filters_},
                                    lexome::copy_weights({filters_}, samples.scalar_type()));
    out_KD_.backward(asked_KD_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  void save(const std::string& path) {
    step();
    lexome::save_tensors(path, {{"v", v_RD_.detach()},
                                {"offsets", offsets_KF_.detach()},
                                {"modulation", modulation_KF_.detach()},
                                {"filters", filters_.detach()},
                                {"asked", asked_KD_},
                                {"out", out_KD_.detach()},
                                {"grad.v", v_RD_.grad()},
                                {"grad.offsets", offsets_KF_.grad()},
                                {"grad.modulation", modulation_KF_.grad()},
                                {"grad.filters", filters_.grad()}});
  }

 private:
  lexome::Packed rows_;
  torch::Tensor at_K_, v_RD_, offsets_KF_, modulation_KF_, filters_, asked_KD_, out_KD_;
};

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("one deformable convolution, forward and backward, timed");
  app.add_option("--precision", settings.precision)->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--threads", settings.threads);
  app.add_option("--repeats", settings.repeats);
  app.add_option("--rows", settings.rows);
  app.add_option("--tokens", settings.tokens);
  app.add_flag("--serve", settings.serve);
  app.add_option("--save", settings.save, "write the problem, its result and its gradients");
  CLI11_PARSE(app, argc, argv);
  lexome::settle_threads(settings.threads);
  Convolution convolution(settings);
  if (!settings.save.empty()) {
    convolution.save(settings.save);
    return 0;
  }
  lexome::bench::time_steps([&] { return convolution.step(); }, settings.serve, settings.repeats,
                            settings.precision, convolution.tokens());
  return 0;
}
