// What a network tells of its units: they are its own, and an untrained convolution reads in place.
#include "tasks/unit_insides.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

std::shared_ptr<MxdnaModel> model_of(const Tokenizer& bases, const std::string& layout,
                                     bool deformable) {
  MxdnaOptions options;
  options.nucleotide_layers = options.token_layers = 1;
  options.width = 32;
  options.heads = 2;
  options.ffn = 32;
  options.unit_layout = layout;
  options.deformable = deformable;
  auto model = make_mxdna(options, bases.vocab_size(), bases.specials(), 5, {});
  model->eval();
  return model;
}

Bases random_bases(size_t count) {
  Random random(4, Purpose::kTest);
  Bases bases(count);
  for (Base& base : bases) base = static_cast<Base>(random.below(4));
  return bases;
}

class Insides : public ::testing::TestWithParam<std::string> {
 protected:
  Insides() : bases_(make_nucleotide()), collator_(bases_, nullptr, {.max_tokens = 200}) {}
  std::shared_ptr<const Tokenizer> bases_;
  Collator collator_;
};

TEST_P(Insides, UnitsPartitionTheReadAndAnUntrainedConvolutionReadsInPlace) {
  const auto model = model_of(*bases_, GetParam(), true);
  const UnitInsides inside = look_inside(*model, collator_, random_bases(150), torch::kCPU, false);
  int64_t at = 0;
  for (const UnitInsides::Unit& unit : inside.units) {
    EXPECT_EQ(unit.start, at);
    at += unit.length;
    EXPECT_EQ(unit.length, unit.expert + 1);
    EXPECT_EQ(inside.base_of_row[static_cast<size_t>(unit.row)], unit.centre);
  }
  EXPECT_EQ(at, 150);
  EXPECT_EQ(inside.width, 32u);
  EXPECT_EQ(inside.vectors.size(), inside.units.size() * 32);
  EXPECT_EQ(inside.taps, 3u);
  EXPECT_EQ(inside.offsets, std::vector<float>(3 * inside.units.size(), 0));
  EXPECT_EQ(inside.modulation, std::vector<float>(3 * inside.units.size(), 1));
  EXPECT_EQ(inside.base_of_row.front(), -1);
  EXPECT_EQ(inside.base_of_row.back(), 150);
  const size_t rows = GetParam() == "compact" ? inside.units.size() + 2 : 152;
  EXPECT_EQ(inside.base_of_row.size(), rows);
}

TEST_P(Insides, VectorsAreThoseOfTheUnits) {
  const auto model = model_of(*bases_, GetParam(), false);
  const UnitInsides inside = look_inside(*model, collator_, random_bases(150), torch::kCPU, false);
  EXPECT_EQ(inside.taps, 0u);
  EXPECT_TRUE(inside.offsets.empty());
  // The first unit's vector stands in the row behind [CLS].
  const Bases read = random_bases(150);
  const Window window = {read, {}};
  const Batch batch = collator_.collate(std::span(&window, 1), {}, 0);
  const MxdnaUnits made = model->units(to_tensor(batch, torch::kCPU), {});
  for (int64_t j = 0; j < 32; ++j)
    EXPECT_EQ(inside.vectors[static_cast<size_t>(j)], made.tokens_KD[1][j].item<float>());
}

INSTANTIATE_TEST_SUITE_P(Layouts, Insides, ::testing::Values("compact", "sparse"));

}  // namespace
}  // namespace lexome
