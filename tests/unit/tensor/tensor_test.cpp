// The crossing from plain memory to tensors and from tensors to files, and names of devices.
#include <gtest/gtest.h>

#include "lexome/error.h"
#include "temporary_folder.h"
#include "tensor/batch.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "tensor/tensor_io.h"

namespace lexome {
namespace {

TEST(Batch, BecomesTensorsWithAllLevels) {
  Batch batch;
  batch.rows = 2;
  batch.tokens = 2;
  batch.levels = 2;
  batch.ids = {1, 2, 3, 4, 5, 6, 7, 8};
  batch.labels = {-100, 2, -100, -100, 5, -100, -100, -100};
  batch.lengths = {2, 1};
  batch.values = {0.5F, -1.5F};
  const TensorBatch tensors = to_tensor(batch, torch::kCPU);
  EXPECT_TRUE(tensors.ids_BT.equal(torch::tensor({{1, 2}, {3, 4}}, torch::kInt64)));
  EXPECT_TRUE(tensors.ids_NBT[1].equal(torch::tensor({{5, 6}, {7, 8}}, torch::kInt64)));
  EXPECT_EQ(tensors.labels_BT[0][1].item<int64_t>(), 2);
  EXPECT_EQ(tensors.lengths_B[1].item<int64_t>(), 1);
  EXPECT_EQ(tensors.targets_B[1].item<float>(), -1.5F);
  EXPECT_EQ(tensors.plain, &batch);
  batch.lengths.pop_back();
  EXPECT_THROW(to_tensor(batch, torch::kCPU), InternalError);
}

TEST(TensorIo, EveryTypeComesBackBitForBit) {
  const lexome_test::TemporaryFolder folder;
  const std::string path = folder / "t.safetensors";
  const Tensor base = torch::arange(12).to(torch::kFloat32).view({3, 4}) - 5.25;
  TensorMap tensors;
  for (const auto type : {torch::kFloat64, torch::kFloat32, torch::kFloat16, torch::kBFloat16,
                          torch::kInt64, torch::kInt32, torch::kInt16, torch::kInt8, torch::kBool})
    tensors.emplace(std::string("x.") + torch::toString(type), base.to(type));
  tensors.emplace("transposed", base.t());
  tensors.emplace("empty", torch::empty({0, 4}));
  save_tensors(path, tensors, {{"note", "test"}});
  const TensorMap loaded = load_tensors(path);
  ASSERT_EQ(loaded.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(loaded.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(loaded.at(name).equal(tensor)) << name;
  }
}

TEST(TensorIo, LoadingNamesWhatDoesNotFit) {
  torch::nn::Module module("m");
  const Tensor weight = module.register_parameter("weight", torch::zeros({2, 2}));
  const int64_t before = change_count(weight);
  load_named_tensors(module, {{"weight", torch::ones({2, 2})}}, "f");
  EXPECT_EQ(weight.sum().item<float>(), 4.0F);
  EXPECT_GT(change_count(weight), before);
  const auto message = [&](const TensorMap& tensors) {
    try {
      load_named_tensors(module, tensors, "f");
    } catch (const FormatError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message({}).find("weight of this model is missing"), std::string::npos);
  EXPECT_NE(message({{"weight", torch::ones({3, 2})}}).find("[3, 2]"), std::string::npos);
  EXPECT_NE(message({{"weight", torch::ones({2, 2})}, {"more", torch::ones({1})}}).find("more"),
            std::string::npos);
}

TEST(Device, NamesAreChecked) {
  EXPECT_TRUE(choose_device("cpu").is_cpu());
  EXPECT_THROW(choose_device("gpu"), ConfigError);
  EXPECT_THROW(choose_device("cuda:x"), ConfigError);
  EXPECT_FALSE(choose_bf16("fp32", torch::kCPU));
  EXPECT_TRUE(choose_bf16("bf16", torch::kCPU));
  EXPECT_THROW(choose_bf16("fp16", torch::kCPU), ConfigError);
}

}  // namespace
}  // namespace lexome
