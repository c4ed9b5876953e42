// BERT on codes: its size, that codes are those of the vocabulary wherever special tokens stand,
// what a masked base reaches with either way of hiding, and that guessed bases are probabilities.
#include "models/vqdna_bert.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "models/registry.h"
#include "models/tokens.h"
#include "tensor/compat.h"
#include "tensor/tensor_io.h"
#include "unit/models/base_batches.h"
#include "vocab/kmer.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

using lexome_test::batch_of;
using lexome_test::random_bases;

constexpr int64_t kPad = 0, kClass = 2, kEnd = 3, kMaskId = 4, kFirstBase = 5;

VqdnaOptions small_codes(const std::string& kind = "hrq") {
  VqdnaOptions codes(kind);
  codes.stem = 16;
  codes.width = 32;
  codes.blocks = 2;
  codes.layer_scale = 0.3;
  codes.init = "random";
  if (kind != "fsq")
    codes.sizes = kind == "vq" ? std::vector<int64_t>{24} : std::vector<int64_t>{16, 24};
  return codes;
}

// The network as it starts.
FrozenCodesOptions untrained(const std::string& kind) {
  FrozenCodesOptions options;
  options.network = small_codes(kind);
  return options;
}

VqdnaBertOptions small_model(const std::string& corrupt, const std::string& kind = "hrq") {
  VqdnaBertOptions options;
  options.layers = 2;
  options.width = 64;
  options.heads = 2;
  options.ffn = 96;
  options.max_tokens = 256;
  options.corrupt = corrupt;
  options.dropout = 0;
  options.init = 0.2;
  options.codes = untrained(kind);
  return options;
}

// One row of bases between [CLS] and [SEP], as collation lays it out, with [MASK] at some bases.
struct Row {
  explicit Row(const Bases& bases, const std::vector<int64_t>& masked = {}, int64_t padding = 0) {
    plain = batch_of({bases});
    std::vector<int64_t> ids = {kClass}, labels = {kIgnoreLabel};
    plain.cover_start = {0};
    plain.cover_length = {0};
    for (size_t i = 0; i < bases.size(); ++i) {
      ids.push_back(bases[i] == kN ? 1 : kFirstBase + bases[i]);
      labels.push_back(kIgnoreLabel);
      plain.cover_start.push_back(static_cast<uint32_t>(i));
      plain.cover_length.push_back(1);
    }
    for (const int64_t base : masked) {
      labels[static_cast<size_t>(base) + 1] = ids[static_cast<size_t>(base) + 1];
      ids[static_cast<size_t>(base) + 1] = kMaskId;
    }
    ids.push_back(kEnd);
    for (int64_t i = 0; i < padding; ++i) ids.push_back(kPad);
    labels.resize(ids.size(), kIgnoreLabel);
    plain.cover_start.resize(ids.size());
    plain.cover_length.resize(ids.size());
    plain.tokens = static_cast<int64_t>(ids.size());
    batch.ids_BT = torch::tensor(ids).unsqueeze(0);
    if (!masked.empty()) batch.labels_BT = torch::tensor(labels).unsqueeze(0);
    batch.lengths_B = torch::tensor({static_cast<int64_t>(bases.size()) + 2}, torch::kInt64);
    batch.plain = &plain;
  }
  Row(const Row&) = delete;
  Batch plain;
  TensorBatch batch;
};

TEST(VqdnaBert, FullSizeIsCountedByHand) {
  VqdnaBertOptions options;
  options.layers = 12;
  options.width = 768;
  options.heads = 12;
  options.ffn = 3072;
  options.init = 0;
  options.codes.network = VqdnaOptions("hrq");
  const ParameterCounts counts =
      make_vqdna_bert(options, *make_nucleotide(), 1)->parameter_counts();
  const int64_t layer = 4 * (768 * 768 + 768) + (768 * 3072 + 3072) + (3072 * 768 + 768) + 4 * 768;
  const int64_t embeddings = 384 * 768 + 768 + 9 * 768 + 2 * 768;
  const int64_t heads = 2 * (768 * 768 + 768 + 2 * 768) + (1024 + 2048) * (768 + 1);
  EXPECT_EQ(counts.trunk, 12 * layer);
  EXPECT_EQ(counts.trunk, 85'054'464);
  EXPECT_EQ(counts.embedding, 14'438'276);  // the frozen network
  EXPECT_EQ(counts.total, counts.trunk + counts.embedding + embeddings + heads);
}

TEST(VqdnaBert, CodesAreTheVocabularysOwn) {
  const Bases bases = random_bases(90, 1);
  for (const char* kind : {"vq", "hrq", "rvq", "fsq"}) {
    torch::nn::Module root("root");
    const FrozenCodes codes(root, untrained(kind), *make_nucleotide());
    Vqdna network(small_codes(kind), 7);
    load_named_tensors(network, codes.vocabulary().tensors(), "codes");
    const Batch plain = batch_of({bases});
    const CodedBatch want = network.code(to_tensor(plain, torch::kCPU), {});
    const Row row(bases, {}, 5);
    const FrozenCodes::Read found =
        codes.read(codes.bases_of(row.batch.ids_BT), row.batch.ids_BT, row.batch.lengths_B);
    for (size_t level = 0; level < found.codes_BT.size(); ++level) {
      const Tensor codes_T = found.codes_BT[level][0];
      EXPECT_TRUE(codes_T.slice(0, 1, 91).equal(want.quantized.levels[level].codes_R)) << kind;
      EXPECT_EQ(codes_T[0].item<int64_t>(), -1);
      EXPECT_TRUE(codes_T.slice(0, 91).eq(-1).all().item<bool>());
    }
    EXPECT_TRUE(torch::allclose(found.vectors_BTC[0].slice(0, 1, 91), want.quantized.features_RD,
                                1e-5, 1e-6))
        << kind;
  }
}

// What a model sees of a row must not depend on the base that it is asked for. With hidden codes it
// does, through the neighbours; the masking engine is told how far.
TEST(VqdnaBert, AHiddenBaseLeaksOnlyThroughTheCodesOfItsNeighbours) {
  const Bases bases = random_bases(90, 1);
  Bases other = bases;
  other[40] = static_cast<Base>((other[40] + 1) % 4);
  const auto states = [&](const std::string& corrupt, const std::vector<int64_t>& masked,
                          const Bases& row_bases) {
    const auto model = make_vqdna_bert(small_model(corrupt), *make_nucleotide(), 3);
    const torch::NoGradGuard no_grad;
    const Row row(row_bases, masked);
    return model->guess_states(row.batch, {});
  };
  EXPECT_TRUE(states("bases", {40}, bases).equal(states("bases", {40}, other)));
  EXPECT_FALSE(states("codes", {40}, bases).equal(states("codes", {40}, other)));
  const int64_t reach = FrozenVocabulary(small_codes()).sees().left;
  std::vector<int64_t> all;
  for (int64_t base = 40 - reach; base <= 40 + reach; ++base) all.push_back(base);
  EXPECT_TRUE(states("codes", all, bases).equal(states("codes", all, other)));
  // Hiding the nearest few leaves some bases to be read off: not all, for codes are coarse.
  int64_t read_off = 0;
  for (int64_t base = 10; base < 80; base += 5) {
    other = bases;
    Base& at = other[static_cast<size_t>(base)];
    at = static_cast<Base>((at + 1) % 4);
    const std::vector<int64_t> nearest = {base - 1, base, base + 1};
    read_off += !states("codes", nearest, bases).equal(states("codes", nearest, other));
  }
  EXPECT_GT(read_off, 0);
}

TEST(VqdnaBert, AsksForTheCodesOfTheBasesAsTheyAre) {
  const Bases bases = random_bases(60, 2);
  const std::vector<int64_t> masked = {5, 20, 21, 22, 40};
  for (const char* corrupt : {"codes", "bases"}) {
    const auto model = make_vqdna_bert(small_model(corrupt), *make_nucleotide(), 3);
    const Row clean(bases, {0}), row(bases, masked);
    const MaskedCodes asked = model->masked_codes(row.batch);
    torch::nn::Module root("root");
    const FrozenCodes codes(root, untrained("hrq"), *make_nucleotide());
    const FrozenCodes::Read truth =
        codes.read(codes.bases_of(Row(bases).batch.ids_BT), row.batch.ids_BT, row.batch.lengths_B);
    for (int level = 0; level < 2; ++level) {
      const auto l = static_cast<size_t>(level);
      int64_t count = 0;
      for (int64_t t = 0; t < 62; ++t) {
        const bool is_masked = std::find(masked.begin(), masked.end(), t - 1) != masked.end();
        const int64_t want = truth.codes_BT[l][0][t].item<int64_t>();
        EXPECT_EQ(asked.asked_BT[l][0][t].item<int64_t>(), is_masked ? want : -1);
        if (is_masked) {
          EXPECT_EQ(asked.shown_BT[l][0][t].item<int64_t>(), -1);
        }
        count += is_masked;
      }
      EXPECT_EQ(count, 5);
      EXPECT_TRUE(model->guessed_codes(row.batch, {})[l].ge(0).equal(asked.asked_BT[l].ge(0)));
    }
    const Loss loss = model->loss(row.batch, {});
    EXPECT_EQ(loss.labels, 5);
    ASSERT_EQ(loss.parts.size(), 2U);
    EXPECT_NEAR(loss.total.item<double>(),
                (loss.parts[0].second + loss.parts[1].second).item<double>() / 2, 1e-5);
  }
}

TEST(VqdnaBert, GuessedBasesAreProbabilitiesByWhatCodesStandFor) {
  const auto model = make_vqdna_bert(small_model("bases", "vq"), *make_nucleotide(), 3);
  const Row row(random_bases(60, 2), {30});
  const torch::NoGradGuard no_grad;
  const Tensor place_n = torch::tensor({31}, torch::kInt64);
  const auto bases = [&] {
    return model->token_logits(model->guess_states(row.batch, {}), place_n)[0]
        .slice(0, kFirstBase)
        .exp();
  };
  // Nothing counted: a code says nothing about its base.
  EXPECT_TRUE(torch::allclose(bases(), torch::full({4}, 0.25), 1e-5, 1e-6));
  for (int i = 0; i < 40; ++i) model->count_bases(Row(Bases(60, kG), {1}).batch);
  const Tensor after_4 = bases();
  EXPECT_NEAR(after_4.sum().item<double>(), 1.0, 1e-5);
  EXPECT_GT(after_4[kG].item<double>(), after_4[kA].item<double>());
}

TEST(VqdnaBert, TheVocabularyStaysAsItIs) {
  const auto model = make_vqdna_bert(small_model("codes"), *make_nucleotide(), 3);
  const Row row(random_bases(60, 2), {5, 30});
  model->loss(row.batch, {true, 1, 1, false}).total.backward();
  int frozen = 0;
  for (const auto& item : model->named_parameters()) {
    const bool own = item.key().rfind("codes.", 0) != 0;
    EXPECT_EQ(item.value().requires_grad(), own) << item.key();
    frozen += !own;
    if (!own) {
      EXPECT_FALSE(item.value().grad().defined()) << item.key();
    }
  }
  EXPECT_GT(frozen, 10);
}

TEST(VqdnaBert, TakesInTheVocabularyItIsGivenAndNoOther) {
  const Vqdna network(small_codes("vq"), 77);
  LoadedVocabulary learned;
  learned.folder = "codes";
  learned.sha256 = std::string(64, 'a');
  learned.options = small_codes("vq");
  learned.vocabulary = std::make_shared<const FrozenVocabulary>(
      learned.options, named_tensors(network), "codes", torch::kCPU);
  const auto maker = model_entry("vqdna").maker();
  auto& reader = dynamic_cast<CodesReader&>(*maker);
  EXPECT_EQ(reader.adopt(learned)->sees().left, network.sees(0).left);
  const auto model = maker->make(*make_nucleotide(), 1);
  EXPECT_TRUE(named_tensors(*model)
                  .at("codes.quantizer.level1.codes")
                  .equal(named_tensors(network).at("quantizer.level1.codes")));
  LoadedVocabulary other = learned;
  other.sha256[3] = 'b';
  EXPECT_THROW(reader.adopt(other), ConfigError);
  EXPECT_NO_THROW(reader.adopt(learned));
  // Hidden bases are not seen by any code.
  const auto blind = model_entry("vqdna").maker();
  const Fields fields = blind->fields();
  for (const Fields::Field& field : fields.all())
    if (field.key == "model.corrupt") field.read("bases", "test");
  EXPECT_EQ(dynamic_cast<CodesReader&>(*blind).adopt(learned)->sees().left, 0);
  // Keys of another network than the vocabulary's.
  const auto wrong = model_entry("vqdna").maker();
  auto& other_reader = dynamic_cast<CodesReader&>(*wrong);
  const Fields theirs = other_reader.codes_fields();
  for (const Fields::Field& field : theirs.all())
    if (field.key == "model.codes.width") field.read("48", "test");
  EXPECT_THROW(other_reader.adopt(learned), ConfigError);
  EXPECT_THROW(maker->make(*make_kmer({}), 1), ConfigError);
}

TEST(Tokens, AVocabularyAloneGivesTheMeanOfItsTokens) {
  const auto ids = make_tokens(TokensOptions(), *make_nucleotide());
  const Bases bases = random_bases(30, 5);
  const Row row(bases, {}, 6);
  const Tensor mean_V = ids->mean_state(row.batch)[0];
  EXPECT_NEAR(mean_V[kClass].item<double>(), 1.0 / 32, 1e-6);
  EXPECT_NEAR(mean_V[kFirstBase].item<double>(),
              static_cast<double>(std::count(bases.begin(), bases.end(), kA)) / 32, 1e-6);
  EXPECT_EQ(mean_V[kPad].item<double>(), 0.0);
  EXPECT_TRUE(torch::allclose(
      ids->hidden(row.batch, {}, false).states_BTD[0].slice(0, 0, 32).mean(0), mean_V));
  TokensOptions coded;
  coded.coded = true;
  coded.codes = untrained("vq");
  const auto codes = make_tokens(coded, *make_nucleotide());
  EXPECT_EQ(codes->width(), 32);
  EXPECT_TRUE(
      torch::allclose(codes->hidden(row.batch, {}, false).states_BTD[0].slice(0, 1, 31).mean(0),
                      codes->mean_state(row.batch)[0], 1e-5, 1e-6));
  EXPECT_THROW(codes->loss(row.batch, {}), ConfigError);
}

}  // namespace
}  // namespace lexome
