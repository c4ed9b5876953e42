#include "step_problem.h"

#include <algorithm>

#include "base/random.h"
#include "models/dnabert.h"
#include "models/mxdna.h"
#include "models/vqdna.h"
#include "models/vqdna_bert.h"
#include "vocab/nucleotide.h"

namespace lexome::bench {
namespace {

constexpr int32_t kClass = 2, kEnd = 3, kMask = 4, kFirst = 5;  // ids; the first of real tokens

int64_t row_length(const Settings& settings, int64_t row) {
  if (!settings.mixed) return settings.tokens;
  // Mixed lengths fall evenly from full rows to an eighth.
  return settings.tokens - row * settings.tokens * 7 / 8 / std::max<int64_t>(1, settings.rows - 1);
}

// Rows of random tokens between [CLS] and [SEP]; `asked` of them carry labels.
TensorBatch random_tokens(const Settings& settings, uint64_t letters, double asked) {
  Random random(1, Purpose::kTest);
  TensorBatch batch;
  batch.ids_BT = torch::empty({settings.rows, settings.tokens}, torch::kInt64);
  batch.labels_BT = torch::full({settings.rows, settings.tokens}, kIgnoreLabel, torch::kInt64);
  batch.lengths_B = torch::full({settings.rows}, settings.tokens, torch::kInt64);
  for (int64_t r = 0; r < settings.rows; ++r) {
    const int64_t length = row_length(settings, r);
    int64_t* const ids = batch.ids_BT.data_ptr<int64_t>() + r * settings.tokens;
    int64_t* const labels = batch.labels_BT.data_ptr<int64_t>() + r * settings.tokens;
    for (int64_t t = 0; t < length; ++t) {
      ids[t] = kFirst + static_cast<int64_t>(random.below(letters));
      if (random.chance(asked)) labels[t] = ids[t];
    }
    std::fill(ids + length, ids + settings.tokens, 0);
    ids[0] = kClass;
    ids[length - 1] = kEnd;
    batch.lengths_B[r] = length;
  }
  return batch;
}

class ModelProblem : public Problem {
 public:
  ModelProblem(std::shared_ptr<Model> model, TensorBatch batch)
      : model_(std::move(model)), batch_(std::move(batch)) {}
  torch::nn::Module& module() override { return *model_; }
  int64_t tokens() const override { return batch_.lengths_B.sum().item<int64_t>(); }
  Tensor loss(const Pass& pass) override { return model_->loss(batch_, pass).total; }
  TensorMap inputs() const override {
    return {{"ids", batch_.ids_BT}, {"labels", batch_.labels_BT}, {"lengths", batch_.lengths_B}};
  }

 protected:
  std::shared_ptr<Model> model_;
  TensorBatch batch_;
};

std::unique_ptr<Problem> dnabert_problem(const Settings& settings) {
  DnabertOptions options;
  options.layers = settings.layers > 0 ? settings.layers : 12;
  options.width = 768;
  options.heads = 12;
  options.ffn = 3072;
  options.dropout = settings.dropout;
  return std::make_unique<ModelProblem>(make_dnabert(options, 4101, 0, 1),
                                        random_tokens(settings, 4096, 0.15));
}

class MxdnaProblem final : public ModelProblem {
 public:
  explicit MxdnaProblem(const Settings& settings)
      : ModelProblem(make(settings), random_tokens(settings, 4, 0.15)) {}
  bool has_optimizer() const override { return false; }
  // Offsets and modulations that are not those of a new model.
  void leave_start() override {
    const torch::NoGradGuard no_grad;
    for (const auto& item : model_->named_parameters())
      if (item.key().find("offset_conv") != std::string::npos ||
          item.key().find("modulator_conv") != std::string::npos)
        item.value().copy_(0.1 * torch::arange(item.value().numel()).sin().view_as(item.value()));
  }

 private:
  static std::shared_ptr<Model> make(const Settings& settings) {
    MxdnaOptions options;
    options.token_layers = settings.layers > 0 ? settings.layers : 16;
    options.nucleotide_layers = options.token_layers / 4;
    options.width = 512;
    options.heads = 16;
    options.ffn = 2048;
    options.max_tokens = settings.tokens;
    options.unit_layout = settings.layout;
    return make_mxdna(options, 9, {0, 1, 2, 3, 4}, 1);
  }
};

// The vocabulary of the recipes *-hrq-paper. To show equality its layers must say something.
VqdnaOptions hrq_options(const Settings& settings) {
  VqdnaOptions options("hrq");
  options.sizes = settings.codes;
  if (!settings.save.empty()) options.layer_scale = 0.3;
  return options;
}

std::vector<Bases> random_rows(int64_t rows, int64_t length) {
  Random random(1, Purpose::kTest);
  std::vector<Bases> out(static_cast<size_t>(rows));
  for (Bases& row : out)
    for (int64_t i = 0; i < length; ++i) row.push_back(static_cast<Base>(random.below(4)));
  return out;
}

void add_row(const Bases& bases, Batch* batch) {
  batch->rows += 1;
  batch->bases = static_cast<int64_t>(bases.size());
  batch->base_lengths.push_back(static_cast<int32_t>(bases.size()));
  batch->base_ids.insert(batch->base_ids.end(), bases.begin(), bases.end());
}

class VocabularyProblem final : public Problem {
 public:
  explicit VocabularyProblem(const Settings& settings) : network_(hrq_options(settings), 1) {
    for (const Bases& row : random_rows(settings.rows, settings.tokens)) {
      add_row(row, &plain_);
      plain_.lengths.push_back(static_cast<int32_t>(row.size()));
    }
    batch_ = to_tensor(plain_, torch::kCPU);
  }
  torch::nn::Module& module() override { return network_; }
  int64_t tokens() const override { return plain_.rows * plain_.bases; }
  Tensor loss(const Pass& pass) override {
    Pass seen = pass;
    seen.training = true;  // codebooks look on; there is no dropout
    return network_.code(batch_, seen).total;
  }
  void updated(uint64_t step) override { network_.quantizer().update(step, single_worker()); }
  TensorMap inputs() const override {
    return {{"bases",
             torch::tensor(std::vector<int64_t>(plain_.base_ids.begin(), plain_.base_ids.end()))
                 .view({plain_.rows, plain_.bases})}};
  }
  void leave_start() override {  // the codebooks' first codes are made of the first batch
    loss({});
    updated(1);
  }

 private:
  Vqdna network_;
  Batch plain_;
  TensorBatch batch_;
};

class CodesProblem final : public ModelProblem {
 public:
  explicit CodesProblem(const Settings& settings) : ModelProblem(make(settings), {}) {
    Random random(2, Purpose::kTest);
    plain_.tokens = settings.tokens;
    for (const Bases& row : random_rows(settings.rows, settings.tokens - 2)) {
      add_row(row, &plain_);
      add_token(kClass, kIgnoreLabel, -1);
      for (size_t i = 0; i < row.size(); ++i) {
        const bool asked = random.chance(0.25);
        const int32_t id = kFirst + row[i];
        add_token(asked ? kMask : id, asked ? id : kIgnoreLabel, static_cast<int64_t>(i));
      }
      add_token(kEnd, kIgnoreLabel, -1);
      plain_.lengths.push_back(static_cast<int32_t>(settings.tokens));
    }
    batch_ = to_tensor(plain_, torch::kCPU);
  }
  TensorMap inputs() const override {
    TensorMap found = ModelProblem::inputs();
    found["bases"] =
        torch::tensor(std::vector<int64_t>(plain_.base_ids.begin(), plain_.base_ids.end()))
            .view({plain_.rows, plain_.bases});
    return found;
  }

 private:
  static std::shared_ptr<Model> make(const Settings& settings) {
    VqdnaBertOptions options;
    options.layers = settings.layers > 0 ? settings.layers : 12;
    options.width = 768;
    options.heads = 12;
    options.ffn = 3072;
    options.max_tokens = settings.tokens;
    options.dropout = settings.dropout;
    options.codes.network = hrq_options(settings);
    options.codes.vocabulary = std::make_shared<const FrozenVocabulary>(
        options.codes.network, 1, random_rows(8, 512), torch::kCPU);
    return make_vqdna_bert(options, *make_nucleotide(), 1);
  }
  void add_token(int32_t id, int32_t label, int64_t base) {
    plain_.ids.push_back(id);
    plain_.labels.push_back(label);
    plain_.cover_start.push_back(static_cast<uint32_t>(std::max<int64_t>(0, base)));
    plain_.cover_length.push_back(base < 0 ? 0 : 1);
  }
  Batch plain_;
};

}  // namespace

std::unique_ptr<Problem> make_problem(const Settings& settings) {
  if (settings.model == "mxdna") return std::make_unique<MxdnaProblem>(settings);
  if (settings.model == "vqdna") return std::make_unique<VocabularyProblem>(settings);
  if (settings.model == "vqdna-bert") return std::make_unique<CodesProblem>(settings);
  return dnabert_problem(settings);
}

}  // namespace lexome::bench
