#include "nn/lora.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "kernels/dropout.h"
#include "lexome/error.h"
#include "nn/parameters.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

constexpr uint32_t kLoraSite = 0xFFFE00;  // beyond any layer's dropout sites and below the head's

// What a part of a layer is called by the models; a weight belongs to the first line that ends its
// name.
struct Role {
  const char *name, *ending;
};
constexpr Role kRoles[] = {{"query", ".attention.self.query"},
                           {"query", ".projection_q"},
                           {"key", ".attention.self.key"},
                           {"key", ".projection_k"},
                           {"value", ".attention.self.value"},
                           {"value", ".projection_v"},
                           {"out", ".attention.output.dense"},
                           {"out", ".projection_o"},
                           {"ffn", ".intermediate.dense"},
                           {"ffn", ".output.dense"},
                           {"ffn", ".ffn.ffn.w1"},
                           {"ffn", ".ffn.ffn.w2"},
                           {"ffn", ".ffn.ffn.w3"}};
constexpr char kWeight[] = ".weight";
// Parts that stand behind the hidden states, where nothing that is fine-tuned reads.
constexpr char kDecoder[] = "decoder.";

std::string role_of(const std::string& layer) {
  for (const Role& role : kRoles)
    if (layer.ends_with(role.ending)) return role.name;
  return "";
}

std::vector<std::string> wanted_roles(const std::string& targets) {
  std::vector<std::string> known, wanted;
  for (const Role& role : kRoles)
    if (known.empty() || known.back() != role.name) known.emplace_back(role.name);
  for (const std::string_view item : split(targets, ',')) {
    const std::string name(trim(item));
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw ConfigError(
          fmt::format("finetune.lora.targets: '{}' is none of {}", name, fmt::join(known, ", ")));
    }
    wanted.push_back(name);
  }
  return wanted;
}

}  // namespace

Fields LoraOptions::fields() {
  Fields fields("finetune.lora");
  fields.integer("rank", &rank, 1, 4096, "rank of the adapters of finetune.mode = lora")
      .number("alpha", &alpha, 1e-6, 1e6, "adapters are scaled by alpha / rank")
      .number("dropout", &dropout, 0, 0.99,
              "inputs that the adapters of a pass do not see; the same for all its tokens")
      .text("targets", &targets,
            "projections that get an adapter, with commas: query, key, value, out, ffn");
  return fields;
}

// The sum of a training pass is a step of its own: the gradient has to meet the A and the dropout
// that made it.
void Lora::Adapter::write_sum() {
  const torch::NoGradGuard no_grad;
  weight_OI.mutable_grad() = Tensor();
  weight_OI.copy_(torch::addmm(base_OI, b_OR, masked_a(), 1.0, scale));
}

void Lora::Adapter::take_apart(const Tensor& grad_OI) {
  const torch::NoGradGuard no_grad;
  const auto add = [](const Tensor& parameter, const Tensor& grad) {
    Tensor& sum = parameter.mutable_grad();
    sum = sum.defined() ? sum + grad : grad;
  };
  const Tensor a_grad_RI = torch::mm(b_OR.t(), grad_OI) * scale;
  add(a_RI, kept_I.defined() ? a_grad_RI * kept_I : a_grad_RI);
  add(b_OR, torch::mm(grad_OI, masked_a().t()) * scale);
}

Lora::Lora(torch::nn::Module& model, const LoraOptions& options, uint64_t seed)
    : dropout_(options.dropout) {
  const std::vector<std::string> wanted = wanted_roles(options.targets);
  for (const auto& item : model.named_parameters()) {
    const Tensor& weight_OI = item.value();
    weight_OI.set_requires_grad(false);
    const std::string& name = item.key();
    if (weight_OI.dim() != 2 || !name.ends_with(kWeight) || name.starts_with(kDecoder)) continue;
    const std::string layer = name.substr(0, name.size() - sizeof(kWeight) + 1);
    if (std::find(wanted.begin(), wanted.end(), role_of(layer)) == wanted.end()) continue;
    const auto adapter = std::make_shared<Adapter>();
    const int64_t outputs = weight_OI.size(0), inputs = weight_OI.size(1);
    const double spread = 1.0 / std::sqrt(3.0 * static_cast<double>(inputs));
    adapter->weight_OI = weight_OI;
    adapter->base_OI = weight_OI.detach().clone();
    adapter->a_RI = add_parameter(*this, "lora." + layer + ".a", {options.rank, inputs},
                                  Init::kNormal, seed, spread);
    adapter->b_OR =
        add_parameter(*this, "lora." + layer + ".b", {outputs, options.rank}, Init::kZeros, seed);
    adapter->scale = options.alpha / static_cast<double>(options.rank);
    weight_OI.set_requires_grad(true);
    // Weakly, or weight and adapter would keep each other alive for ever.
    weight_OI.register_hook([seen = std::weak_ptr<Adapter>(adapter)](const Tensor& grad_OI) {
      if (const auto alive = seen.lock()) alive->take_apart(grad_OI);
    });
    adapters_.push_back(adapter);
  }
  if (adapters_.empty()) {
    throw ConfigError(fmt::format(
        "finetune.mode = lora: this model has no projection called {} (finetune.lora.targets); "
        "use finetune.mode = full or probe",
        options.targets));
  }
  // Where the model is, its adapters are.
  to(adapters_[0]->weight_OI.device());
}

void Lora::begin(uint64_t seed, uint64_t step) {
  for (size_t i = 0; i < adapters_.size(); ++i) {
    Adapter& each = *adapters_[i];
    const Dropout dropout{dropout_, seed, step, kLoraSite};
    each.kept_I = dropout.active()
                      ? dropout_multipliers(dropout, num_weights(), each.a_RI.size(1),
                                            each.a_RI.device())[static_cast<int64_t>(i)]
                      : Tensor();
    each.write_sum();
  }
}

void Lora::merge() {
  for (const std::shared_ptr<Adapter>& each : adapters_) {
    each->kept_I = Tensor();
    each->write_sum();
  }
}

}  // namespace lexome
