// One masked-LM training step of DNABERT-6 (12 layers, width 768) or MxDNA (100 M parameters):
// forward, backward and, for DNABERT, clipping and AdamW. The counterpart of bench/peers/*_step.py,
// with the same batch, dropout and optimizer settings; prints the same line. `--save` writes a
// small MxDNA with its batch, loss and gradients, from which the peer shows that it computes the
// same.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/random.h"
#include "kernels/adamw.h"
#include "models/dnabert.h"
#include "models/mxdna.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "tensor/tensor_io.h"
#include "timing.h"

namespace {

struct Settings {
  std::string model = "dnabert", layout = "compact", precision = "fp32", save;
  double dropout = 0.1;
  int threads = 2, repeats = 5;
  int64_t layers = 0, rows = 8, tokens = 512;
  bool serve = false, mixed = false;

  bool is_mxdna() const { return model == "mxdna"; }
};

lexome::TensorBatch random_batch(const Settings& settings) {
  lexome::Random random(1, lexome::Purpose::kTest);
  lexome::TensorBatch batch;
  batch.ids_BT = torch::empty({settings.rows, settings.tokens}, torch::kInt64);
  batch.labels_BT =
      torch::full({settings.rows, settings.tokens}, lexome::kIgnoreLabel, torch::kInt64);
  const uint64_t letters = settings.is_mxdna() ? 4 : 4096;
  batch.lengths_B = torch::full({settings.rows}, settings.tokens, torch::kInt64);
  for (int64_t r = 0; r < settings.rows; ++r) {
    // Mixed lengths fall evenly from full rows to an eighth.
    const int64_t length = settings.mixed
                               ? settings.tokens - r * settings.tokens * 7 / 8 /
                                                       std::max<int64_t>(1, settings.rows - 1)
                               : settings.tokens;
    int64_t* const ids = batch.ids_BT.data_ptr<int64_t>() + r * settings.tokens;
    int64_t* const labels = batch.labels_BT.data_ptr<int64_t>() + r * settings.tokens;
    for (int64_t t = 0; t < length; ++t) {
      ids[t] = static_cast<int64_t>(5 + random.below(letters));
      if (random.chance(0.15)) labels[t] = ids[t];
    }
    std::fill(ids + length, ids + settings.tokens, 0);
    ids[0] = 2;
    ids[length - 1] = 3;
    batch.lengths_B[r] = length;
  }
  return batch;
}

std::shared_ptr<lexome::Model> make(const Settings& settings) {
  if (!settings.is_mxdna()) {
    lexome::DnabertOptions options;
    options.layers = settings.layers > 0 ? settings.layers : 12;
    options.width = 768;
    options.heads = 12;
    options.ffn = 3072;
    options.dropout = settings.dropout;
    return lexome::make_dnabert(options, 4101, 0, 1);
  }
  lexome::MxdnaOptions options;
  options.token_layers = settings.layers > 0 ? settings.layers : 16;
  options.nucleotide_layers = options.token_layers / 4;
  options.width = 512;
  options.heads = 16;
  options.ffn = 2048;
  options.max_tokens = settings.tokens;
  options.unit_layout = settings.layout;
  return lexome::make_mxdna(options, 9, {0, 1, 2, 3, 4}, 1);
}

class Trainer {
 public:
  explicit Trainer(const Settings& settings)
      : batch_(random_batch(settings)), model_(make(settings)), updates_(!settings.is_mxdna()) {
    pass_.training = true;
    pass_.bf16 = settings.precision == "bf16";
    for (const torch::Tensor& parameter : model_->parameters())
      if (updates_)
        states_.push_back({parameter, torch::zeros_like(parameter), torch::zeros_like(parameter)});
  }

  int64_t tokens() const { return batch_.lengths_B.sum().item<int64_t>(); }

  double step() {
    const auto begin = std::chrono::steady_clock::now();
    ++pass_.step;
    model_->loss(batch_, pass_).total.backward();
    if (updates_) update();
    for (const torch::Tensor& parameter : model_->parameters()) parameter.mutable_grad().reset();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  // Without noise, and with offsets and modulations that are not those of a new model.
  void save(const std::string& path) {
    lexome::TensorMap tensors = {
        {"ids", batch_.ids_BT}, {"labels", batch_.labels_BT}, {"lengths", batch_.lengths_B}};
    pass_.training = false;
    {
      const torch::NoGradGuard no_grad;
      for (const auto& item : model_->named_parameters())
        if (item.key().find("offset_conv") != std::string::npos ||
            item.key().find("modulator_conv") != std::string::npos)
          item.value().copy_(0.1 * torch::arange(item.value().numel()).sin().view_as(item.value()));
    }
    tensors["loss"] = model_->loss(batch_, pass_).total;
    tensors["loss"].backward();
    for (const auto& item : model_->named_parameters()) {
      tensors["weight." + item.key()] = item.value().detach();
      if (item.value().grad().defined()) tensors["grad." + item.key()] = item.value().grad();
    }
    tensors["loss"] = tensors["loss"].detach();
    lexome::save_tensors(path, tensors);
  }

 private:
  struct State {
    torch::Tensor parameter, first, second;
  };

  void update() {
    const torch::NoGradGuard no_grad;
    double squares = 0;
    for (const State& state : states_)
      if (state.parameter.grad().defined())
        squares += std::pow(state.parameter.grad().norm().item<double>(), 2);
    const torch::Tensor scale =
        torch::tensor(static_cast<float>(std::min(1.0, 1.0 / (std::sqrt(squares) + 1e-6))));
    for (State& state : states_) {
      if (!state.parameter.grad().defined()) continue;
      const double decay = state.parameter.dim() > 1 ? 0.01 : 0.0;
      lexome::adamw_update(state.parameter, state.parameter.mutable_grad(), state.first,
                           state.second, 1e-4, 0.9, 0.98, 1e-6, decay,
                           static_cast<int64_t>(pass_.step), scale);
    }
  }

  lexome::TensorBatch batch_;
  std::shared_ptr<lexome::Model> model_;
  lexome::Pass pass_;
  bool updates_;
  std::vector<State> states_;
};

void run(const Settings& settings) {
  lexome::settle_threads(settings.threads);
  Trainer trainer(settings);
  if (!settings.save.empty()) return trainer.save(settings.save);
  lexome::bench::time_steps([&] { return trainer.step(); }, settings.serve, settings.repeats,
                            settings.precision, trainer.tokens());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("one training step of DNABERT-6 or MxDNA, timed");
  app.add_option("--model", settings.model)->check(CLI::IsMember({"dnabert", "mxdna"}));
  app.add_option("--layout", settings.layout)->check(CLI::IsMember({"compact", "sparse"}));
  app.add_flag("--mixed", settings.mixed, "rows of mixed lengths, padded to the longest");
  app.add_option("--precision", settings.precision)->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--dropout", settings.dropout);
  app.add_option("--threads", settings.threads);
  app.add_option("--repeats", settings.repeats);
  app.add_option("--layers", settings.layers, "of MxDNA those on tokens; a fourth as many before");
  app.add_option("--rows", settings.rows);
  app.add_option("--tokens", settings.tokens);
  app.add_flag("--serve", settings.serve);
  app.add_option("--save", settings.save, "write weights, batch, loss and gradients");
  CLI11_PARSE(app, argc, argv);
  run(settings);
  return 0;
}
