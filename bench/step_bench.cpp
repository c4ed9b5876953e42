// One training step of DNABERT-6 (12 layers, width 768), MxDNA (100 M parameters), VQDNA's
// vocabulary network (HRQ) or BERT-Base on its codes: forward, backward and, save for MxDNA,
// clipping, AdamW and the codebooks' update. The counterpart of bench/peers/*_step.py, with the
// same batch, dropout and optimizer settings; prints the same line. `--save` writes a small problem
// with its weights, loss and gradients, from which the peer shows that it computes the same.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "kernels/adamw.h"
#include "step_problem.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "timing.h"

namespace lexome::bench {
namespace {

class Trainer {
 public:
  explicit Trainer(const Settings& settings) : problem_(make_problem(settings)) {
    pass_.training = true;
    pass_.bf16 = settings.precision == "bf16";
    for (const Tensor& parameter : problem_->module().parameters()) {
      if (!parameter.requires_grad()) continue;
      parameters_.push_back(parameter);
      if (problem_->has_optimizer())
        states_.push_back({parameter, torch::zeros_like(parameter), torch::zeros_like(parameter)});
    }
  }

  int64_t tokens() const { return problem_->tokens(); }

  double step() {
    const auto begin = std::chrono::steady_clock::now();
    ++pass_.step;
    problem_->loss(pass_).backward();
    if (problem_->has_optimizer()) update();
    problem_->updated(pass_.step);
    for (const Tensor& parameter : parameters_) parameter.mutable_grad().reset();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  // Without noise and dropout.
  void save(const std::string& path) {
    pass_.training = false;
    pass_.step = 2;
    problem_->leave_start();
    TensorMap tensors = problem_->inputs();
    for (const auto& [name, tensor] : named_tensors(problem_->module()))
      tensors["weight." + name] = tensor.detach().clone();
    const Tensor loss = problem_->loss(pass_);
    loss.backward();
    problem_->updated(pass_.step);
    tensors["loss"] = loss.detach();
    for (const auto& item : problem_->module().named_parameters())
      if (item.value().grad().defined()) tensors["grad." + item.key()] = item.value().grad();
    for (const auto& item : problem_->module().named_buffers())
      tensors["after." + item.key()] = item.value();
    save_tensors(path, tensors);
  }

 private:
  struct State {
    Tensor parameter, first, second;
  };

  void update() {
    const torch::NoGradGuard no_grad;
    double squares = 0;
    for (const State& state : states_)
      if (state.parameter.grad().defined())
        squares += std::pow(state.parameter.grad().norm().item<double>(), 2);
    const Tensor scale =
        torch::tensor(static_cast<float>(std::min(1.0, 1.0 / (std::sqrt(squares) + 1e-6))));
    for (State& state : states_) {
      if (!state.parameter.grad().defined()) continue;
      const double decay = state.parameter.dim() > 1 ? 0.01 : 0.0;
      adamw_update(state.parameter, state.parameter.mutable_grad(), state.first, state.second, 1e-4,
                   0.9, 0.98, 1e-6, decay, static_cast<int64_t>(pass_.step), scale);
    }
  }

  std::unique_ptr<Problem> problem_;
  Pass pass_;
  std::vector<Tensor> parameters_;
  std::vector<State> states_;
};

void run(const Settings& settings) {
  settle_threads(settings.threads);
  Trainer trainer(settings);
  if (!settings.save.empty()) return trainer.save(settings.save);
  time_steps([&] { return trainer.step(); }, settings.serve, settings.repeats, settings.precision,
             trainer.tokens());
}

}  // namespace
}  // namespace lexome::bench

int main(int argc, char** argv) {
  lexome::bench::Settings settings;
  CLI::App app("one training step, timed");
  app.add_option("--model", settings.model)
      ->check(CLI::IsMember({"dnabert", "mxdna", "vqdna", "vqdna-bert"}));
  app.add_option("--layout", settings.layout)->check(CLI::IsMember({"compact", "sparse"}));
  app.add_flag("--mixed", settings.mixed, "rows of mixed lengths, padded to the longest");
  app.add_option("--precision", settings.precision)->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--dropout", settings.dropout);
  app.add_option("--threads", settings.threads);
  app.add_option("--repeats", settings.repeats);
  app.add_option("--layers", settings.layers, "of MxDNA those on tokens; a fourth as many before");
  app.add_option("--codes", settings.codes, "of the vocabulary's levels")->delimiter(',');
  app.add_option("--rows", settings.rows);
  app.add_option("--tokens", settings.tokens);
  app.add_flag("--serve", settings.serve);
  app.add_option("--save", settings.save, "write weights, batch, loss and gradients");
  CLI11_PARSE(app, argc, argv);
  lexome::bench::run(settings);
  return 0;
}
