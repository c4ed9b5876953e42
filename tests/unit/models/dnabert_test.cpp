// DNABERT's shape and names: what published checkpoints and papers let one check without weights.
#include "models/dnabert.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "models/model.h"

namespace lexome {
namespace {

TEST(Dnabert, BaseHasThePublishedNumberOfParameters) {
  DnabertOptions options;
  options.layers = 12;
  options.width = 768;
  options.heads = 12;
  options.ffn = 3072;
  options.init = 0.0;
  EXPECT_EQ(make_dnabert(options, 4101, 0, 1)->parameter_counts().total, 89'787'141);
}

// Every product of a one-layer network written out: rows x inputs x outputs, two operations each.
TEST(Dnabert, CostIsThatOfItsProducts) {
  DnabertOptions options;
  options.layers = 1;
  options.width = 8;
  options.heads = 2;
  options.ffn = 32;
  options.init = 0.0;
  const auto model = make_dnabert(options, 69, 0, 1);
  const double tokens = 10;
  const double projections = 4 * (2 * tokens * 8 * 8);         // queries, keys, values, output
  const double attention = 2 * (2 * tokens * tokens * 4) * 2;  // scores and sums, two heads of 4
  const double feed_forward = 2 * (2 * tokens * 8 * 32);
  const double layer = projections + attention + feed_forward;
  EXPECT_DOUBLE_EQ(model->forward_flops(1, 10, 0), layer);
  EXPECT_DOUBLE_EQ(model->forward_flops(5, 10, 0), 5 * layer);
  // A fifth of the tokens goes through the head: a dense layer, then the vocabulary.
  const double head = 2 * (2 * 8 * 8) + 2 * (2 * 8 * 69);
  EXPECT_DOUBLE_EQ(model->forward_flops(1, 10, 0.2), layer + head);
}

TEST(Dnabert, HeadsMustDivideTheWidth) {
  DnabertOptions options;
  options.heads = 7;
  EXPECT_THROW(make_dnabert(options, 69, 0, 1), ConfigError);
}

TEST(Dnabert, WeightsDependOnTheirNamesAlone) {
  DnabertOptions small;
  small.layers = 1;
  DnabertOptions deep = small;
  deep.layers = 3;
  const auto a = make_dnabert(small, 69, 0, 5), b = make_dnabert(deep, 69, 0, 5);
  const auto theirs = b->named_parameters();
  for (const auto& item : a->named_parameters()) {
    ASSERT_TRUE(theirs.contains(item.key())) << item.key();
    EXPECT_TRUE(theirs[item.key()].equal(item.value())) << item.key();
  }
  const torch::Tensor& words = theirs["bert.embeddings.word_embeddings.weight"];
  EXPECT_NEAR(words.std().item<double>(), 0.02, 0.001);
}

TEST(Dnabert, PaddingGetsNoEmbeddingGradientAndABatchWithoutLabelsIsFine) {
  DnabertOptions options;
  options.layers = 1;
  options.width = 32;
  options.heads = 2;
  options.ffn = 32;
  const auto model = make_dnabert(options, 69, 0, 5);
  TensorBatch batch;
  batch.ids_BT = torch::tensor({{2, 7, 9, 3}, {2, 8, 0, 0}}, torch::kInt64);
  batch.labels_BT = torch::full({2, 4}, kIgnoreLabel, torch::kInt64);
  batch.lengths_B = torch::tensor({4, 2}, torch::kInt64);
  const Loss loss = model->loss(batch, {});
  EXPECT_EQ(loss.labels, 0);
  EXPECT_EQ(loss.total.item<float>(), 0.0F);
  loss.total.backward();
  model->zero_grad();
  model->hidden(batch, {}, false).states_BTD.pow(3).sum().backward();
  const auto words = model->named_parameters()["bert.embeddings.word_embeddings.weight"].grad();
  EXPECT_EQ(words[0].abs().max().item<float>(), 0.0F);
  EXPECT_GT(words[7].abs().max().item<float>(), 0.0F);
}

TEST(ModelRegistry, NamesTheNearestModel) {
  try {
    model_entry("dnabertt");
    FAIL() << "an unknown name must be refused";
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean dnabert"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lexome
