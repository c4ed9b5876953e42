// MxDNA's size and names as published, the rules its units keep, the switches that mend the paper's
// program, and inputs at the edge. Numbers of the reference program are checked by golden_mxdna.
#include "models/mxdna.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "lexome/error.h"
#include "vocab/kmer.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

constexpr SpecialIds kSpecials = {0, 1, 2, 3, 4};
const std::vector<int64_t> kComplement = {0, 1, 2, 3, 4, 8, 7, 6, 5};

MxdnaOptions small_options(const std::string& layout = "compact") {
  MxdnaOptions options;
  options.nucleotide_layers = 1;
  options.token_layers = 2;
  options.width = 64;
  options.heads = 2;
  options.ffn = 96;
  options.max_tokens = 128;
  options.unit_layout = layout;
  options.init = 0.1;
  return options;
}

std::shared_ptr<MxdnaModel> small_model(const MxdnaOptions& options = small_options()) {
  const auto model = make_mxdna(options, 9, kSpecials, 3, kComplement);
  // Offsets and modulations that are not those of an untrained network.
  const torch::NoGradGuard no_grad;
  for (const auto& item : model->named_parameters()) {
    if (item.key().find("deform_conv.offset") == std::string::npos &&
        item.key().find("deform_conv.modulator") == std::string::npos)
      continue;
    Random random(4, Purpose::kTest, item.key().size());
    Tensor parameter = item.value();
    for (int64_t i = 0; i < parameter.numel(); ++i)
      parameter.data_ptr<float>()[i] = static_cast<float>(random.normal() * 0.1);
  }
  return model;
}

// A row of `bases` random bases between [CLS] and [SEP]; `masked` of them are [MASK] on average.
std::vector<int64_t> row_of(int64_t bases, uint64_t stream, double masked = 0) {
  Random random(5, Purpose::kTest, stream);
  std::vector<int64_t> row = {2};
  for (int64_t i = 0; i < bases; ++i)
    row.push_back(random.chance(masked) ? 4 : static_cast<int64_t>(5 + random.below(4)));
  row.push_back(3);
  return row;
}

TensorBatch batch_of(const std::vector<std::vector<int64_t>>& rows, int64_t tokens = 0) {
  std::vector<int64_t> lengths;
  for (const auto& row : rows) {
    lengths.push_back(static_cast<int64_t>(row.size()));
    tokens = std::max(tokens, lengths.back());
  }
  TensorBatch batch;
  batch.ids_BT = torch::zeros({static_cast<int64_t>(rows.size()), tokens}, torch::kInt64);
  for (size_t r = 0; r < rows.size(); ++r)
    batch.ids_BT[static_cast<int64_t>(r)].slice(0, 0, lengths[r]).copy_(torch::tensor(rows[r]));
  batch.lengths_B = torch::tensor(lengths);
  batch.labels_BT = batch.ids_BT.masked_fill(batch.ids_BT.lt(5), kIgnoreLabel);
  return batch;
}

double largest(const Tensor& x) { return x.abs().max().item<double>(); }

class BothLayouts : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Mxdna, BothLayouts, testing::Values("compact", "sparse"),
                         [](const auto& layout) { return layout.param; });

TEST_P(BothLayouts, HasThePublishedParametersUnderTheirNames) {
  MxdnaOptions options;
  options.nucleotide_layers = 4;
  options.token_layers = 16;
  options.width = 512;
  options.heads = 16;
  options.ffn = 2048;
  options.init = 0.0;
  options.unit_layout = GetParam();
  const auto model = make_mxdna(options, 9, kSpecials, 1);
  EXPECT_EQ(model->parameter_counts().total, 100'090'895);
  const auto parameters = model->named_parameters();
  EXPECT_EQ(parameters.size(), 303U);
  const bool compact = options.compact();
  const std::string at = "model.conversion_layer.", norm = compact ? "" : "norm.";
  const auto expect_shape = [&](const std::string& name, std::vector<int64_t> shape) {
    ASSERT_TRUE(parameters.contains(name)) << name;
    EXPECT_EQ(parameters[name].sizes(), shape) << name;
  };
  expect_shape(compact ? "model.token_layers.15.ffn.ffn.w2.weight"
                       : "model.motif_layers.15.ffn.ffn.w2.weight",
               {512, 2048});
  expect_shape(at + "conv_moe.experts.9." + (compact ? "grouped" : "depthwise") + "_conv.weight",
               {512, 64, 10});
  expect_shape(at + "conv_moe.experts.2.norm." + norm + "weight", {512});
  expect_shape(at + "deform_conv.input_layernorm." + norm + "bias", {512});
  expect_shape(at + (compact ? "basic_unit" : "motif") + "_masked_token_embedding", {512});
  expect_shape(at + "deform_conv.regular_conv.weight", {512, 512, 3, 1});
  expect_shape("model.norm.norm.weight", {512});
  expect_shape("decoder.cross_attn.projection_o.weight", {512, 512});
  expect_shape("lm_head.bias", {9});
}

TEST(Mxdna, NamesOfOneProgramAreFoundInTheOther) {
  const auto compact = small_model(), sparse = small_model(small_options("sparse"));
  const auto of_compact = compact->named_parameters(), of_sparse = sparse->named_parameters();
  ASSERT_EQ(of_compact.size(), of_sparse.size());
  for (const auto& item : of_sparse) {
    EXPECT_TRUE(of_compact.contains(compact->parameter_name(item.key()))) << item.key();
    EXPECT_EQ(sparse->parameter_name(item.key()), item.key());
  }
  for (const auto& item : of_compact) {
    EXPECT_TRUE(of_sparse.contains(sparse->parameter_name(item.key()))) << item.key();
    EXPECT_EQ(compact->parameter_name(item.key()), item.key());
  }
}

TEST_P(BothLayouts, WhatElseIsInTheBatchChangesNothing) {
  const auto model = small_model(small_options(GetParam()));
  const torch::NoGradGuard no_grad;
  const auto row = row_of(40, 1);
  const TensorBatch alone = batch_of({row}), among = batch_of({row_of(90, 2), row, row_of(1, 3)});
  const int64_t length = 42;
  for (const bool bf16 : {false, true}) {
    Pass pass;
    pass.bf16 = bf16;
    const auto centres = [&](const TensorBatch& batch, int64_t which) {
      const MxdnaUnits cut = model->units(batch, pass);
      return cut.units.token_of_R.narrow(0, cut.rows.starts()[which], length).ge(0);
    };
    EXPECT_TRUE(centres(alone, 0).equal(centres(among, 1)));
    const double tolerance = bf16 ? 3e-2 : 2e-5;
    EXPECT_LT(largest(model->hidden(alone, pass, false).states_BTD[0] -
                      model->hidden(among, pass, false).states_BTD[1].slice(0, 0, length)),
              tolerance);
    EXPECT_LT(largest(model->guess_states(alone, pass)[0] -
                      model->guess_states(among, pass)[1].slice(0, 0, length)),
              tolerance);
  }
}

TEST_P(BothLayouts, AsReleasedTheLastTokenSeesPadding) {
  MxdnaOptions options = small_options(GetParam());
  options.as_released = true;
  options.nucleotide_layers = 0;
  const auto model = small_model(options);
  {
    const torch::NoGradGuard no_grad;
    model
        ->named_parameters()["model.conversion_layer.deform_conv.input_layernorm." +
                             std::string(options.compact() ? "" : "norm.") + "bias"]
        .fill_(0.5);
  }
  const torch::NoGradGuard no_grad;
  const TensorBatch alone = batch_of({row_of(30, 1)}),
                    among = batch_of({row_of(30, 1), row_of(80, 2)});
  EXPECT_GT(
      largest(model->token_states(alone, {}).select(0, -1) -
              model->token_states(among, {}).select(0, model->token_states(alone, {}).size(0) - 1)),
      1e-4);
}

TEST_P(BothLayouts, UnitsPartitionTheBases) {
  const auto model = small_model(small_options(GetParam()));
  const TensorBatch batch = batch_of({row_of(100, 1), row_of(33, 2)});
  const MxdnaUnits cut = model->units(batch, {});
  EXPECT_TRUE(cut.units.cover_R.ge(0).all().item<bool>());
  EXPECT_EQ(cut.units.bases_N.size(0), 133);
  EXPECT_EQ(cut.units.tokens.rows, cut.units.count() + 4);
  // Tokens stand in the order of the bases they cover.
  EXPECT_TRUE(cut.units.cover_R.diff().ge(0).all().item<bool>());
}

TEST(Mxdna, WithoutUnitsAllLayersSeeBases) {
  MxdnaOptions options = small_options("none");
  const auto model = small_model(options), learnt = small_model();
  for (const auto& item : model->named_parameters()) {
    EXPECT_EQ(item.key().find("conversion_layer"), std::string::npos) << item.key();
    EXPECT_TRUE(learnt->named_parameters().contains(item.key())) << item.key();
  }
  const torch::NoGradGuard no_grad;
  const auto row = row_of(40, 1);
  const TensorBatch alone = batch_of({row}), among = batch_of({row_of(90, 2), row});
  const Hidden hidden = model->hidden(alone, {}, true);
  EXPECT_EQ(static_cast<int64_t>(hidden.layers_BTD.size()), model->num_layers() + 1);
  EXPECT_TRUE(hidden.layers_BTD.back().equal(hidden.states_BTD));
  EXPECT_LT(
      largest(hidden.states_BTD[0] - model->hidden(among, {}, false).states_BTD[1].slice(0, 0, 42)),
      2e-5);
  EXPECT_EQ(model->token_states(alone, {}).size(0), 42);
  EXPECT_EQ(model->loss(alone, {}).parts.size(), 1U);
  EXPECT_THROW(model->units(alone, {}), ConfigError);
}

TEST(Mxdna, WithoutTheConvolutionTokensAreUnits) {
  MxdnaOptions options = small_options();
  options.token_layers = 0;
  options.deformable = false;
  const auto plain = small_model(options);
  for (const auto& item : plain->named_parameters())
    EXPECT_EQ(item.key().find("deform_conv"), std::string::npos) << item.key();
  // An assembly that adds nothing is the same network.
  options.deformable = true;
  const auto assembled = small_model(options);
  const torch::NoGradGuard no_grad;
  const TensorBatch batch = batch_of({row_of(60, 1)});
  EXPECT_GT(largest(plain->token_states(batch, {}) - assembled->token_states(batch, {})), 1e-3);
  assembled->named_parameters()["model.conversion_layer.deform_conv.regular_conv.weight"].zero_();
  EXPECT_LT(largest(plain->token_states(batch, {}) - assembled->token_states(batch, {})), 1e-6);
}

TEST(Mxdna, OperationsAreCountedWithTheUnitsOfTheRun) {
  const auto model = small_model(), bases = small_model(small_options("none"));
  const double before = model->forward_flops(1, 100, 0.15);
  model->expect_units(5.5);  // the mean of lengths 1 to 10
  EXPECT_EQ(model->forward_flops(1, 100, 0.15), before);
  model->expect_units(2.0);
  EXPECT_GT(model->forward_flops(1, 100, 0.15), before);
  const double all = bases->forward_flops(1, 100, 0.15);
  bases->expect_units(2.0);
  EXPECT_EQ(bases->forward_flops(1, 100, 0.15), all);
  const Loss loss = model->loss(batch_of({row_of(100, 1)}), {});
  ASSERT_EQ(loss.parts.back().first, "unit_length");
  const MxdnaUnits cut = model->units(batch_of({row_of(100, 1)}), {});
  EXPECT_FLOAT_EQ(loss.parts.back().second.item<float>(),
                  100.0F / static_cast<float>(cut.units.count()));
}

TEST(Mxdna, ProtectedMasksShareNoUnitWithOtherBases) {
  MxdnaOptions options = small_options();
  const TensorBatch batch = batch_of({row_of(120, 1, 0.2), row_of(120, 2, 0.2)});
  const auto mixed = [&](const MxdnaOptions& each) {
    const MxdnaUnits cut = small_model(each)->units(batch, {});
    const Tensor masked_R = batch.ids_BT.reshape({-1}).eq(4).to(torch::kFloat32);
    const Tensor sums_K = torch::zeros({cut.units.tokens.rows}), sizes_K = sums_K.clone();
    sums_K.index_add_(0, cut.units.cover_R, masked_R);
    sizes_K.index_add_(0, cut.units.cover_R, torch::ones_like(masked_R));
    return sums_K.gt(0).logical_and(sums_K.lt(sizes_K)).sum().item<int64_t>();
  };
  EXPECT_GT(mixed(options), 0);
  options.protect_masks = true;
  EXPECT_EQ(mixed(options), 0);
}

TEST(Mxdna, AGatedResidualActsAtMasksOnly) {
  MxdnaOptions options = small_options();
  const TensorBatch batch = batch_of({row_of(60, 1, 0.2)});
  const torch::NoGradGuard no_grad;
  const Tensor plain = small_model(options)->guess_states(batch, {})[0];
  options.gate_residual = true;
  const Tensor gated = small_model(options)->guess_states(batch, {})[0];
  const Tensor moved_T = (plain - gated).abs().amax(1).gt(1e-3);
  EXPECT_TRUE(moved_T.equal(batch.ids_BT[0].eq(4)));
}

TEST(Mxdna, CentrePositionsChangeGuessesOfTheCompactLayoutOnly) {
  const TensorBatch batch = batch_of({row_of(60, 1)});
  const torch::NoGradGuard no_grad;
  for (const std::string layout : {"compact", "sparse"}) {
    MxdnaOptions options = small_options(layout);
    const auto plain = small_model(options);
    options.centre_positions = true;
    const auto placed = small_model(options);
    EXPECT_TRUE(plain->token_states(batch, {}).equal(placed->token_states(batch, {})));
    const double change = largest(plain->guess_states(batch, {}) - placed->guess_states(batch, {}));
    if (layout == "compact") {
      EXPECT_GT(change, 1e-4);
    } else {
      EXPECT_EQ(change, 0);
    }
  }
}

std::vector<int64_t> other_strand(const std::vector<int64_t>& row) {
  std::vector<int64_t> out(row.rbegin(), row.rend());
  std::swap(out.front(), out.back());
  for (int64_t& id : out) id = kComplement[static_cast<size_t>(id)];
  return out;
}

// The first base and the length of every unit of a row, counted from the row's other end if asked.
std::vector<std::pair<int64_t, int64_t>> intervals(const MxdnaUnits& cut, int64_t row,
                                                   const MxdnaOptions& options, bool mirrored) {
  std::vector<std::pair<int64_t, int64_t>> out;
  const int64_t first = cut.rows.starts()[row] + 1, bases = cut.rows.lengths()[row] - 2;
  for (int64_t u = 0; u < cut.units.count(); ++u) {
    const int64_t centre = cut.units.centres_U[u].item<int64_t>() - first;
    if (centre < 0 || centre >= bases) continue;
    const int64_t length =
        options.experts[static_cast<size_t>(cut.units.experts_U[u].item<int64_t>())];
    const int64_t start = centre - length / 2;
    out.emplace_back(mirrored ? bases - start - length : start, length);
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_P(BothLayouts, UnitsOfTheOtherStrandAreMirroredExactly) {
  MxdnaOptions options = small_options(GetParam());
  options.strand_consistent = true;
  std::vector<std::vector<int64_t>> rows = {row_of(100, 1), row_of(33, 2, 0.2), row_of(1, 3),
                                            row_of(0, 4),   row_of(60, 5),      row_of(2, 6)};
  // A sequence that is its own other strand, and one of a single letter, where everything ties.
  auto palindrome = row_of(40, 7);
  for (size_t i = 1; i <= 20; ++i)
    palindrome[41 - i] = kComplement[static_cast<size_t>(palindrome[i])];
  rows.push_back(palindrome);
  rows.emplace_back(50, 5);
  rows.back().front() = 2;
  rows.back().back() = 3;
  std::vector<std::vector<int64_t>> others;
  for (const auto& row : rows) others.push_back(other_strand(row));
  for (const bool protect : {false, true}) {
    options.protect_masks = protect;
    for (const bool equal_scores : {false, true}) {
      const auto model = small_model(options);
      if (equal_scores) {
        const torch::NoGradGuard no_grad;
        model->named_parameters()["model.conversion_layer.gate.weight"].zero_();
      }
      for (const Pass& pass : {Pass{}, Pass{true, 1, 1, false}, Pass{true, 1, 1, true}}) {
        const MxdnaUnits here = model->units(batch_of(rows), pass),
                         there = model->units(batch_of(others), pass);
        for (size_t b = 0; b < rows.size(); ++b) {
          const auto row = static_cast<int64_t>(b);
          const auto found = intervals(here, row, options, false);
          EXPECT_EQ(found, intervals(there, row, options, true)) << "row " << b;
          EXPECT_EQ(found.empty(), rows[b].size() == 2);
        }
      }
    }
  }
  // Without the option they are not.
  options.strand_consistent = false;
  const auto plain = small_model(options);
  EXPECT_NE(intervals(plain->units(batch_of(rows), {}), 0, options, false),
            intervals(plain->units(batch_of(others), {}), 0, options, true));
}

TEST(Mxdna, UnitsOfBothStrandsLearn) {
  MxdnaOptions options = small_options();
  options.strand_consistent = true;
  const auto model = small_model(options);
  const TensorBatch batch = batch_of({row_of(50, 1, 0.1), row_of(20, 2)});
  model->loss(batch, {true, 1, 1, false}).total.backward();
  EXPECT_GT(largest(model->named_parameters()["model.conversion_layer.gate.weight"].grad()), 0);
  const torch::NoGradGuard no_grad;
  const Hidden hidden = model->hidden(batch, {}, true);
  EXPECT_EQ(static_cast<int64_t>(hidden.layers_BTD.size()), model->num_layers() + 1);
  EXPECT_EQ(hidden.layers_BTD[0].sizes(), hidden.states_BTD.sizes());
  options.strand_consistent = false;
  EXPECT_GT(model->forward_flops(1, 50, 0), small_model(options)->forward_flops(1, 50, 0));
  options.strand_consistent = true;
  EXPECT_THROW(make_mxdna(options, 9, kSpecials, 1), ConfigError);
  options.unit_layout = "none";
  EXPECT_THROW(make_mxdna(options, 9, kSpecials, 1, kComplement), ConfigError);
}

TEST(Mxdna, CodebooksGiveUnitsNames) {
  MxdnaOptions options = small_options();
  options.token_layers = 0;
  options.codes = {4, 8};
  const auto model = small_model(options);
  const TensorBatch batch = batch_of({row_of(100, 1), row_of(33, 2)});
  MxdnaOptions without = options;
  without.codes = {};
  {
    const torch::NoGradGuard no_grad;  // nothing has been learned: no codes yet
    EXPECT_TRUE(
        model->token_states(batch, {}).equal(small_model(without)->token_states(batch, {})));
  }
  const Loss loss = model->loss(batch, {true, 1, 1, false});
  EXPECT_EQ(loss.parts.back().first, "perplexity_2");
  EXPECT_GT(loss.parts.back().second.item<float>(), 1.0F);
  loss.total.backward();
  // The gradient passes the choice of a code.
  EXPECT_GT(
      largest(model
                  ->named_parameters()["model.conversion_layer.conv_moe.experts.0.pointwise_conv_"
                                       "post.weight"]
                  .grad()),
      0);
  const torch::NoGradGuard no_grad;
  const Tensor states_KD = model->token_states(batch, {});
  std::set<std::vector<float>> kinds;
  for (int64_t k = 0; k < states_KD.size(0); ++k) {
    const float* const row = states_KD.data_ptr<float>() + k * states_KD.size(1);
    kinds.emplace(row, row + states_KD.size(1));
  }
  EXPECT_LE(kinds.size(), 4U * 8U + 4U);  // and the special tokens of two rows
  EXPECT_TRUE(states_KD.equal(model->token_states(batch, {})));
  options.codes = {4, 8, 16};
  EXPECT_THROW(small_model(options), ConfigError);
  options.codes = {4};
  options.unit_layout = "none";
  EXPECT_THROW(small_model(options), ConfigError);
}

TEST(Mxdna, NoiseActsInTrainingAndFollowsTheStep) {
  const auto model = small_model();
  const TensorBatch batch = batch_of({row_of(100, 1)});
  const auto scores = [&](bool training, uint64_t step) {
    return model->units(batch, {training, 1, step, false}).scores_RE;
  };
  EXPECT_TRUE(scores(false, 1).equal(scores(false, 2)));
  EXPECT_TRUE(scores(true, 1).equal(scores(true, 1)));
  EXPECT_FALSE(scores(true, 1).equal(scores(true, 2)));
  EXPECT_LT(largest(scores(true, 1) - scores(false, 1)), 0.02 * 64);
}

TEST_P(BothLayouts, RowsOfNoOneAndTwoBasesAndOfUnknownsOnly) {
  const auto model = small_model(small_options(GetParam()));
  std::vector<int64_t> unknown(40, 1);
  unknown.front() = 2;
  unknown.back() = 3;
  for (const auto& rows : std::vector<std::vector<std::vector<int64_t>>>{
           {{2, 3}}, {{2, 5, 3}}, {{2, 5, 6, 3}}, {unknown}, {{2, 3}, row_of(50, 1), {2, 7, 3}}}) {
    const TensorBatch batch = batch_of(rows);
    const Loss loss = model->loss(batch, {true, 1, 1, false});
    EXPECT_TRUE(std::isfinite(loss.total.item<double>()));
    loss.total.backward();
    EXPECT_TRUE(model->hidden(batch, {}, true).states_BTD.isfinite().all().item<bool>());
  }
}

TEST(Mxdna, RefusesWhatItCannotRead) {
  const auto model = small_model();
  const auto message = [&](const std::vector<std::vector<int64_t>>& rows) -> std::string {
    try {
      model->hidden(batch_of(rows), {}, false);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message({row_of(4, 1), {0, 0, 2, 5, 3}}).find("row 1 of a batch is padded on the left"),
            std::string::npos);
  EXPECT_NE(message({{5, 6, 7}}).find("not framed by [CLS] and [SEP]"), std::string::npos);
  EXPECT_NE(message({{2, 6, 7}}).find("not framed"), std::string::npos);
  EXPECT_NE(message({row_of(127, 1)}).find("127 bases is longer than this model's 126"),
            std::string::npos);
  EXPECT_EQ(message({row_of(126, 1)}), "");
}

TEST(Mxdna, RefusesSizesThatDoNotFit) {
  const auto refused = [](const std::function<void(MxdnaOptions*)>& change) {
    MxdnaOptions options = small_options();
    change(&options);
    EXPECT_THROW(make_mxdna(options, 9, kSpecials, 1), ConfigError);
  };
  refused([](MxdnaOptions* o) { o->taps = 4; });
  refused([](MxdnaOptions* o) { o->experts = {2, 3}; });
  refused([](MxdnaOptions* o) { o->experts = {}; });
  refused([](MxdnaOptions* o) { o->heads = 3; });
  const auto maker = model_entry("mxdna").maker();
  EXPECT_THROW(maker->make(*make_kmer({.k = 3}), 1), ConfigError);
  EXPECT_NO_THROW(maker->make(*make_nucleotide("hyenadna"), 1));
}

}  // namespace
}  // namespace lexome
