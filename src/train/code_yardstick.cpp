#include "train/code_yardstick.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

std::vector<int64_t> plain(const Tensor& codes_BT) {
  const Tensor flat = codes_BT.to(torch::kCPU).contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

double share(int64_t part, int64_t all) {
  return all == 0 ? ResultRow::kNone : static_cast<double>(part) / static_cast<double>(all);
}

double value_of(const Metrics& metrics, const std::string& name) {
  const auto found = std::find_if(metrics.begin(), metrics.end(),
                                  [&](const auto& each) { return each.first == name; });
  if (found == metrics.end()) throw InternalError("no accuracy is called " + name);
  return found->second;
}

std::string level_name(int level, const char* what) {
  return fmt::format("level{}.{}", level + 1, what);
}

}  // namespace

CodeYardstick::CodeYardstick(VqdnaBert& model, const Batches& training, Batches validation,
                             const torch::Device& device)
    : model_(model), validation_(std::move(validation)), device_(device) {
  const torch::NoGradGuard no_grad;
  const auto levels = static_cast<size_t>(model.num_levels());
  std::vector<LocalCodes> local(levels);
  training([&](const Batch& batch) {
    const TensorBatch tensors = to_tensor(batch, device_);
    model.count_bases(tensors);
    const MaskedCodes codes = model.masked_codes(tensors);
    for (size_t level = 0; level < levels; ++level)
      local[level].count(plain(codes.shown_BT[level]), plain(codes.asked_BT[level]), batch.tokens);
  });
  for (LocalCodes& each : local) each.settle();
  std::vector<LocalCodes::Score> scores(levels);
  validation_([&](const Batch& batch) {
    const MaskedCodes codes = model.masked_codes(to_tensor(batch, device_));
    for (size_t level = 0; level < levels; ++level) {
      const LocalCodes::Score found = local[level].score(
          plain(codes.shown_BT[level]), plain(codes.asked_BT[level]), batch.tokens);
      scores[level].asked += found.asked;
      scores[level].right += found.right;
      scores[level].commonest_right += found.commonest_right;
    }
  });
  for (int level = 0; level < model.num_levels(); ++level) {
    const LocalCodes::Score& score = scores[static_cast<size_t>(level)];
    asked_ = score.asked;
    baselines_.emplace_back(level_name(level, "local_accuracy"), share(score.right, score.asked));
    baselines_.emplace_back(level_name(level, "commonest_accuracy"),
                            share(score.commonest_right, score.asked));
  }
}

Metrics CodeYardstick::accuracies(bool bf16) const {
  const torch::NoGradGuard no_grad;
  Pass pass;
  pass.bf16 = bf16;
  std::vector<int64_t> asked(static_cast<size_t>(model_.num_levels())), right = asked;
  validation_([&](const Batch& batch) {
    const TensorBatch tensors = to_tensor(batch, device_);
    const MaskedCodes codes = model_.masked_codes(tensors);
    const std::vector<Tensor> guesses = model_.guessed_codes(tensors, pass);
    for (size_t level = 0; level < asked.size(); ++level) {
      const Tensor is_asked_BT = codes.asked_BT[level].ge(0);
      asked[level] += is_asked_BT.sum().item<int64_t>();
      right[level] +=
          guesses[level].eq(codes.asked_BT[level]).logical_and(is_asked_BT).sum().item<int64_t>();
    }
  });
  Metrics out;
  for (int level = 0; level < model_.num_levels(); ++level) {
    const auto l = static_cast<size_t>(level);
    out.emplace_back(level_name(level, "accuracy"), share(right[l], asked[l]));
  }
  return out;
}

std::string CodeYardstick::describe(const Metrics& accuracies) const {
  std::string text = "masked codes guessed right";
  for (int level = 0; level < model_.num_levels(); ++level) {
    text += fmt::format(
        "{} level {}: model {:.1f} %, from the nearest visible codes {:.1f} %, the "
        "commonest code {:.1f} %",
        level == 0 ? ":" : ";", level + 1,
        100 * value_of(accuracies, level_name(level, "accuracy")),
        100 * value_of(baselines_, level_name(level, "local_accuracy")),
        100 * value_of(baselines_, level_name(level, "commonest_accuracy")));
  }
  return text;
}

ResultTable CodeYardstick::table(const Metrics& accuracies, const ResultRow& common) const {
  ResultTable table;
  for (int level = 0; level < model_.num_levels(); ++level) {
    const std::pair<std::string, double> found[] = {
        {common.model, value_of(accuracies, level_name(level, "accuracy"))},
        {"nearest-codes", value_of(baselines_, level_name(level, "local_accuracy"))},
        {"commonest-code", value_of(baselines_, level_name(level, "commonest_accuracy"))}};
    for (const auto& [name, value] : found) {
      ResultRow row;
      if (&name == &found[0].first) row = common;
      row.suite = "masked_codes";
      row.task = fmt::format("level{}", level + 1);
      row.model = name;
      row.split = "validation";
      row.metric = "accuracy";
      row.value = value;
      row.n = asked_;
      row.data_hash = common.data_hash;
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

}  // namespace lexome
