#include "tasks/task_model.h"

#include <fmt/format.h>

#include "data/pieces.h"
#include "lexome/error.h"
#include "models/tokens.h"
#include "tasks/rows.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/optimizer.h"

namespace lexome {
namespace {

constexpr char kFeatureMean[] = "classifier.feature_mean";
constexpr char kFeatureScale[] = "classifier.feature_scale";

std::vector<double> rows_of(const Tensor& values) {
  const Tensor plain = values.to(torch::kCPU).to(torch::kFloat64).contiguous();
  const double* data = plain.data_ptr<double>();
  return {data, data + plain.numel()};
}

}  // namespace

nlohmann::json TaskSpec::to_json() const {
  return {{"name", name},        {"regression", regression}, {"classes", classes},
          {"pool", pool},        {"probe", probe},           {"dropout", dropout},
          {"keep", keep},        {"value_mean", value_mean}, {"value_scale", value_scale},
          {"long", long_inputs}, {"pieces", pieces},         {"head", head}};
}

TaskSpec TaskSpec::from_json(const nlohmann::json& json, const std::string& origin) {
  TaskSpec spec;
  try {
    json.at("name").get_to(spec.name);
    json.at("regression").get_to(spec.regression);
    json.at("classes").get_to(spec.classes);
    json.at("pool").get_to(spec.pool);
    json.at("probe").get_to(spec.probe);
    json.at("dropout").get_to(spec.dropout);
    json.at("keep").get_to(spec.keep);
    json.at("value_mean").get_to(spec.value_mean);
    json.at("value_scale").get_to(spec.value_scale);
    // Older checkpoints cut, whatever came.
    spec.long_inputs = json.value("long", spec.long_inputs);
    spec.pieces = json.value("pieces", spec.pieces);
    spec.head = json.value("head", spec.head);
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(fmt::format("{}: damaged task: {}", origin, error.what()));
  }
  return spec;
}

TaskModel::TaskModel(LoadedModel loaded, TaskSpec spec, const torch::Device& device, bool bf16,
                     uint64_t seed)
    : loaded_(std::move(loaded)),
      spec_(std::move(spec)),
      device_(device),
      bf16_(bf16),
      head_(std::make_shared<ClassifierHead>(loaded_.model->width(), spec_.outputs(), spec_.dropout,
                                             seed, spec_.head == "mlp")) {
  head_->to(device_);
  if (spec_.in_pieces()) {
    join_ = std::make_shared<PieceJoin>(spec_.long_inputs, loaded_.model->width(), spec_.pieces,
                                        spec_.dropout, seed);
    join_->to(device_);
  }
  if (spec_.probe) {
    const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(device_);
    feature_mean_D_ = torch::zeros({loaded_.model->width()}, options);
    feature_scale_D_ = torch::ones({loaded_.model->width()}, options);
  }
}

TaskModel TaskModel::open(const std::string& path, const torch::Device& device,
                          const std::string& precision) {
  LoadedModel loaded = load_model(path, device);
  if (!loaded.state.contains("task")) {
    throw InputError(path + ": this model has no task head; make one with lexome finetune");
  }
  TaskSpec spec = TaskSpec::from_json(loaded.state["task"], loaded.folder + "/state.json");
  TensorMap head = std::move(loaded.extra);
  const std::string origin = loaded.folder + "/model.safetensors";
  TaskModel task(std::move(loaded), std::move(spec), device, choose_bf16(precision, device), 0);
  TensorMap wanted = named_tensors(*task.head_);
  if (task.join_ != nullptr) wanted.merge(named_tensors(*task.join_));
  if (task.spec_.probe) {
    wanted[kFeatureMean] = task.feature_mean_D_;
    wanted[kFeatureScale] = task.feature_scale_D_;
  }
  assign_tensors(head, wanted, origin);
  task.set_training(false);
  return task;
}

int64_t TaskModel::longest_row() const {
  const int64_t most = loaded_.model->max_tokens();
  if (!spec_.in_pieces()) return most;
  const int64_t added = num_added_specials(tokenizer());
  constexpr int64_t kAny = int64_t{1} << 40;
  return spec_.pieces > 0 ? spec_.pieces * (most - added) + added : kAny;
}

CollateOptions TaskModel::collate_options() const {
  CollateOptions options;
  options.max_tokens = longest_row();
  options.add_specials = !spec_.in_pieces();
  return options;
}

Tensor TaskModel::pooled(const TensorBatch& batch, const Pass& pass) {
  if (join_ == nullptr) return pooled_rows(batch, pass);
  const Pieces pieces = cut_rows(*batch.plain, tokenizer(), loaded_.model->max_tokens());
  const Tensor pooled_ND = pooled_rows(to_tensor(pieces.batch, device_), pass);
  return join_->forward(pooled_ND, pieces.of_row, pass.training, pass.seed, pass.step);
}

Tensor TaskModel::pooled_rows(const TensorBatch& batch, const Pass& pass) {
  if (auto* const tokens = dynamic_cast<TokensModel*>(loaded_.model.get());
      tokens != nullptr && spec_.pool == "mean") {
    return tokens->mean_state(batch);
  }
  const Tensor states_BTD =
      loaded_.model->hidden(batch, pass, false).states_BTD.to(torch::kFloat32);
  if (spec_.pool == "cls") return loaded_.model->pooled(states_BTD).to(torch::kFloat32);
  // A row without any token (an empty sequence, no special tokens) pools its first, padded place.
  const Tensor lengths_B = batch.lengths_B.clamp_min(1);
  return spec_.pool == "max" ? max_pool(states_BTD, lengths_B) : mean_pool(states_BTD, lengths_B);
}

Tensor TaskModel::logits(const Tensor& pooled_BD, const Pass& pass) {
  const Tensor input_BD =
      spec_.probe ? (pooled_BD - feature_mean_D_) / feature_scale_D_ : pooled_BD;
  return head_->forward(input_BD, pass.training, pass.seed, pass.step);
}

Tensor TaskModel::loss(const Tensor& logits_BC, const Tensor& targets_B) const {
  if (!spec_.regression) return torch::nll_loss(torch::log_softmax(logits_BC, 1), targets_B);
  const Tensor wanted_B = (targets_B - spec_.value_mean) / spec_.value_scale;
  return torch::mse_loss(logits_BC.squeeze(1), wanted_B);
}

std::vector<double> TaskModel::predict(const Batch& batch) {
  const torch::NoGradGuard no_grad;
  Pass pass;
  pass.bf16 = bf16_;
  return predict_pooled(pooled(to_tensor(batch, device_), pass));
}

std::vector<double> TaskModel::predict_pooled(const Tensor& pooled_BD) {
  const torch::NoGradGuard no_grad;
  const Tensor logits_BC = logits(pooled_BD, Pass{});
  if (spec_.regression) {
    return rows_of(logits_BC.to(torch::kFloat64) * spec_.value_scale + spec_.value_mean);
  }
  return rows_of(torch::softmax(logits_BC.to(torch::kFloat64), 1));
}

void TaskModel::adapt(const LoraOptions& options, uint64_t seed) {
  lora_ = std::make_shared<Lora>(*loaded_.model, options, seed);
}

void TaskModel::set_feature_scale(const Tensor& features_ND) {
  const torch::NoGradGuard no_grad;
  feature_mean_D_.copy_(features_ND.mean(0));
  // A constant feature says nothing; dividing by 1 leaves it at zero.
  const Tensor spread_D = features_ND.std(0, false);
  feature_scale_D_.copy_(torch::where(spread_D > 1e-6, spread_D, torch::ones_like(spread_D)));
}

void TaskModel::set_training(bool training) {
  loaded_.model->train(training);
  head_->train(training);
  if (join_ != nullptr) join_->train(training);
}

std::map<std::string, Tensor> TaskModel::tensors() const {
  TensorMap all = named_tensors(*loaded_.model);
  for (const auto& [name, tensor] : named_tensors(*head_)) all[name] = tensor;
  if (join_ != nullptr) all.merge(named_tensors(*join_));
  if (lora_ != nullptr) all.merge(named_tensors(*lora_));
  if (spec_.probe) {
    all[kFeatureMean] = feature_mean_D_;
    all[kFeatureScale] = feature_scale_D_;
  }
  return all;
}

std::vector<NamedParameter> TaskModel::parameters() const {
  std::vector<NamedParameter> all = trainable_parameters(*head_);
  if (spec_.probe) return all;
  if (join_ != nullptr) {
    for (NamedParameter& parameter : trainable_parameters(*join_)) {
      all.push_back(std::move(parameter));
    }
  }
  const torch::nn::Module& body =
      lora_ != nullptr ? static_cast<torch::nn::Module&>(*lora_) : *loaded_.model;
  for (NamedParameter& parameter : trainable_parameters(body)) {
    all.push_back(std::move(parameter));
  }
  return all;
}

}  // namespace lexome
