#include "models/frozen_codes.h"

#include <ATen/ops/constant_pad_nd.h>
#include <fmt/format.h>

#include "lexome/error.h"
#include "tensor/compat.h"

namespace lexome {
namespace {

constexpr int64_t kNoBase = 4;
constexpr char kSection[] = "model.codes";

}  // namespace

Fields FrozenCodesOptions::fields() {
  Fields fields = network.fields(kSection);
  fields
      .choice("kind", &network.kind, {"vq", "hrq", "rvq", "fsq"},
              "of the learned vocabulary; all of model.codes is its own and comes with it")
      .text("sha256", &sha256, "of the vocabulary's checkpoint; any other is refused");
  return fields;
}

void FrozenCodesOptions::adopt(const LoadedVocabulary& loaded) {
  if (!sha256.empty() && sha256 != loaded.sha256) {
    throw ConfigError(
        fmt::format("{}: not the vocabulary that the recipe names (model.codes.sha256 "
                    "= {}..., this one's is {}...)",
                    loaded.folder, sha256.substr(0, 12), loaded.sha256.substr(0, 12)));
  }
  FrozenCodesOptions found, untouched;
  found.network = loaded.options;
  found.sha256 = sha256;
  const Fields mine = fields(), theirs = found.fields(), usual = untouched.fields();
  for (size_t i = 0; sha256.empty() && i < mine.all().size(); ++i) {
    const std::string said = mine.all()[i].write(), has = theirs.all()[i].write();
    if (said != usual.all()[i].write() && said != has) {
      throw ConfigError(fmt::format("{} = {}: the vocabulary {} has {}; leave the key out",
                                    mine.all()[i].key, said, loaded.folder, has));
    }
  }
  network = loaded.options;
  sha256 = loaded.sha256;
  vocabulary = loaded.vocabulary;
}

FrozenCodes::FrozenCodes(torch::nn::Module& root, const FrozenCodesOptions& options,
                         const Tokenizer& tokenizer)
    : vocabulary_(options.vocabulary != nullptr
                      ? options.vocabulary
                      : std::make_shared<const FrozenVocabulary>(options.network)) {
  if (tokenizer.kind() != "nucleotide") {
    throw ConfigError(fmt::format(
        "codes take the place of single bases; the vocabulary must be nucleotide, not {}",
        tokenizer.kind()));
  }
  root.register_module(kCodesPart, vocabulary_->module());
  specials_ = tokenizer.specials();
  for (int32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const BasesView spelled = tokenizer.spelling(id);
    base_of_id_.push_back(spelled.size() == 1 && spelled[0] < kNoBase ? spelled[0] : kNoBase);
  }
}

Tensor FrozenCodes::bases_of(const Tensor& ids_BT) const {
  const Tensor table_V = torch::tensor(base_of_id_, torch::kInt64).to(ids_BT.device());
  return table_V.index_select(0, ids_BT.reshape({-1})).view(ids_BT.sizes());
}

FrozenCodes::Read FrozenCodes::read(const Tensor& bases_BT, const Tensor& ids_BT,
                                    const Tensor& lengths_B) const {
  const torch::NoGradGuard no_grad;
  const int64_t rows = bases_BT.size(0), tokens = bases_BT.size(1);
  // The network's row begins with its first base, so that it pads as it did when it learned.
  const int64_t head =
      rows > 0 && specials_.cls >= 0 && ids_BT[0][0].item<int64_t>() == specials_.cls ? 1 : 0;
  Read out;
  if (tokens == head) {
    out.codes_BT.assign(static_cast<size_t>(vocabulary_->levels()), torch::full_like(bases_BT, -1));
    out.vectors_BTC = torch::zeros({rows, tokens, vocabulary_->width()}).to(bases_BT.device());
    return out;
  }
  const Tensor last_B1 = (lengths_B - 1).clamp_min(0).unsqueeze(1);
  const Tensor has_tail_B = ids_BT.gather(1, last_B1).squeeze(1).eq(specials_.sep);
  const Tensor bases_B = (lengths_B - head - has_tail_B.to(torch::kInt64)).clamp_min(0);
  const Tensor letters_4 = torch::arange(kNoBase, bases_BT.options());
  const Tensor one_hot_BL4 =
      bases_BT.slice(1, head).unsqueeze(2).eq(letters_4).to(torch::kFloat32).contiguous();
  for (const Tensor& codes_BL : vocabulary_->encode(one_hot_BL4, bases_B, /*bf16=*/false))
    out.codes_BT.push_back(at::constant_pad_nd(codes_BL, {head, 0}, -1));
  out.vectors_BTC = vocabulary_->features(out.codes_BT);
  return out;
}

}  // namespace lexome
