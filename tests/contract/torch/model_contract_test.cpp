// What every model of the registry owes: shapes for any length, padding and batch mates that change
// nothing, gradients in every parameter, reloading that is bit-identical, dropout that repeats, and
// bf16 that stays close to fp32. Small options come from the entry's own fields.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "models/frozen_codes.h"
#include "models/model.h"
#include "temporary_folder.h"
#include "tensor/tensor_io.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

std::shared_ptr<Model> small_model(const std::string& name, uint64_t seed = 3) {
  const auto maker = model_entry(name).maker();
  const std::map<std::string, std::string> small = {
      {"model.layers", "2"},         {"model.width", "64"},
      {"model.heads", "2"},          {"model.ffn", "96"},
      {"model.max_tokens", "64"},    {"model.dropout", "0.1"},
      {"model.init", "0.1"},         {"model.nucleotide_layers", "1"},
      {"model.token_layers", "1"},   {"model.experts", "1,2,3"},
      {"model.codes.stem", "16"},    {"model.codes.width", "32"},
      {"model.codes.blocks", "2"},   {"model.codes.sizes", "24"},
      {"model.codes.init", "random"}};
  std::vector<Fields> all = {maker->fields()};
  if (auto* const reader = dynamic_cast<CodesReader*>(maker.get()))
    all.push_back(reader->codes_fields());
  for (const Fields& fields : all) {
    for (const Fields::Field& field : fields.all()) {
      const auto found = small.find(field.key);
      if (found != small.end()) field.read(found->second, "test");
    }
  }
  return maker->make(*make_nucleotide("plain"), seed);  // what every model can read
}

// Rows of random bases between [CLS] and [SEP], padded to `tokens`; about a third of the real
// tokens are labelled.
TensorBatch batch_of(const std::vector<int64_t>& lengths, int64_t tokens, uint64_t stream = 1) {
  const auto rows = static_cast<int64_t>(lengths.size());
  TensorBatch batch;
  batch.ids_BT = torch::zeros({rows, tokens}, torch::kInt64);
  batch.labels_BT = torch::full({rows, tokens}, kIgnoreLabel, torch::kInt64);
  batch.lengths_B = torch::tensor(lengths);
  for (int64_t r = 0; r < rows; ++r) {
    Random random(5, Purpose::kTest, stream, static_cast<uint64_t>(r));
    for (int64_t t = 0; t < lengths[static_cast<size_t>(r)]; ++t) {
      const bool is_last = t > 0 && t + 1 == lengths[static_cast<size_t>(r)];
      const auto id = t == 0 ? 2 : (is_last ? 3 : static_cast<int64_t>(5 + random.below(4)));
      batch.ids_BT[r][t] = id;
      if (random.chance(0.33) || t == 0) batch.labels_BT[r][t] = id;
    }
  }
  return batch;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

class ModelContract : public testing::TestWithParam<std::string> {};
std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const ModelEntry& entry : model_registry()) out.emplace_back(entry.name);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Models, ModelContract, testing::ValuesIn(names()),
                         [](const auto& name) { return name.param; });

TEST_P(ModelContract, ShapesForAnyLength) {
  const auto model = small_model(GetParam());
  const torch::NoGradGuard no_grad;
  for (const int64_t tokens : {1, 7, 64}) {
    const Hidden hidden = model->hidden(batch_of({tokens, 1}, tokens), {}, true);
    EXPECT_EQ(hidden.states_BTD.sizes(), (std::vector<int64_t>{2, tokens, model->width()}));
    EXPECT_EQ(hidden.states_BTD.scalar_type(), torch::kFloat32);
    ASSERT_EQ(static_cast<int64_t>(hidden.layers_BTD.size()), model->num_layers() + 1);
    EXPECT_TRUE(hidden.layers_BTD.back().equal(hidden.states_BTD));
    EXPECT_EQ(model->pooled(hidden.states_BTD).sizes(), (std::vector<int64_t>{2, model->width()}));
    EXPECT_EQ(model
                  ->token_logits(model->guess_states(batch_of({tokens, 1}, tokens), {}),
                                 torch::tensor({tokens}, torch::kInt64))
                  .sizes(),
              (std::vector<int64_t>{1, 9}));
  }
  EXPECT_ANY_THROW(model->hidden(batch_of({65}, 65), {}, false));
}

TEST_P(ModelContract, PaddingAndBatchMatesChangeNothing) {
  const auto model = small_model(GetParam());
  const torch::NoGradGuard no_grad;
  for (const bool bf16 : {false, true}) {
    Pass pass;
    pass.bf16 = bf16;
    const double tolerance = bf16 ? 3e-2 : 2e-5;
    const Tensor alone = model->hidden(batch_of({13}, 13), pass, false).states_BTD[0];
    const Tensor padded =
        model->hidden(batch_of({13}, 40), pass, false).states_BTD[0].slice(0, 0, 13);
    const Tensor among =
        model->hidden(batch_of({13, 40, 2}, 40), pass, false).states_BTD[0].slice(0, 0, 13);
    EXPECT_LT(largest_difference(alone, padded), tolerance);
    EXPECT_LT(largest_difference(alone, among), tolerance);
  }
}

TEST_P(ModelContract, GradientsReachEveryParameter) {
  const auto model = small_model(GetParam());
  for (const bool bf16 : {false, true}) {
    model->zero_grad();
    Pass pass{true, 1, 2, bf16};
    const TensorBatch batch = batch_of({30, 40}, 40);
    const Loss loss = model->loss(batch, pass);
    EXPECT_GT(loss.labels, 0);
    const Tensor pooled = model->pooled(model->hidden(batch, pass, false).states_BTD);
    (loss.total + pooled.pow(2).sum()).backward();
    for (const auto& item : model->named_parameters()) {
      if (!item.value().requires_grad()) continue;  // kept for the sake of published files
      ASSERT_TRUE(item.value().grad().defined()) << item.key();
      EXPECT_EQ(item.value().grad().scalar_type(), torch::kFloat32) << item.key();
      EXPECT_GT(item.value().grad().abs().max().item<double>(), 0.0) << item.key();
    }
  }
}

TEST_P(ModelContract, SameSeedSameBitsAndReloadedToo) {
  const auto model = small_model(GetParam()), twin = small_model(GetParam()),
             other = small_model(GetParam(), 4);
  const TensorBatch batch = batch_of({30, 40}, 40);
  const Pass pass{true, 9, 5, false};
  const Tensor want = model->loss(batch, pass).total;
  EXPECT_TRUE(want.equal(twin->loss(batch, pass).total));
  EXPECT_FALSE(want.equal(other->loss(batch, pass).total));
  EXPECT_FALSE(want.equal(model->loss(batch, {true, 9, 6, false}).total))
      << "dropout must follow the step";
  const lexome_test::TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  save_tensors(path, named_tensors(*model));
  for (const bool bf16 : {false, true}) {
    const Pass each{true, 9, 5, bf16};
    const Tensor before = model->loss(batch, each).total;
    other->loss(batch, each);  // fills any copy of the weights, which loading must make anew
    load_named_tensors(*other, load_tensors(path), path);
    EXPECT_TRUE(before.equal(other->loss(batch, each).total));
  }
}

TEST_P(ModelContract, Bf16StaysCloseToFp32) {
  const auto model = small_model(GetParam());
  const TensorBatch batch = batch_of({30, 40}, 40);
  std::map<bool, Tensor> losses;
  std::map<bool, TensorMap> gradients;
  for (const bool bf16 : {false, true}) {
    model->zero_grad();
    losses[bf16] = model->loss(batch, {false, 0, 0, bf16}).total;
    losses[bf16].backward();
    for (const auto& item : model->named_parameters())
      if (item.value().grad().defined()) gradients[bf16][item.key()] = item.value().grad().clone();
  }
  EXPECT_LT(largest_difference(losses[false], losses[true]), 2e-2);
  double dot = 0, norm_a = 0, norm_b = 0;
  for (const auto& [name, a] : gradients[false]) {
    const Tensor& b = gradients[true].at(name);
    dot += (a * b).sum().item<double>();
    norm_a += a.pow(2).sum().item<double>();
    norm_b += b.pow(2).sum().item<double>();
  }
  EXPECT_GT(dot / std::sqrt(norm_a * norm_b), 0.995) << "direction of the whole gradient";
}

TEST_P(ModelContract, CountsAddUp) {
  const auto model = small_model(GetParam());
  const ParameterCounts counts = model->parameter_counts();
  int64_t total = 0;
  for (const Tensor& parameter : model->parameters()) total += parameter.numel();
  EXPECT_EQ(counts.total, total);
  EXPECT_GT(counts.trunk, 0);
  EXPECT_LE(counts.trunk + counts.embedding, total);
  EXPECT_GT(model->forward_flops(2, 64, 0), model->forward_flops(1, 64, 0));
  EXPECT_GT(model->forward_flops(1, 64, 0.15), model->forward_flops(1, 64, 0));
}

}  // namespace
}  // namespace lexome
