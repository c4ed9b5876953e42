#include "tasks/code_tokens.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "base/text.h"
#include "lexome/error.h"
#include "models/code_tokenizer.h"
#include "tensor/device.h"
#include "train/load_vocabulary.h"

namespace lexome {
namespace {

void judge(const FrozenVocabulary& vocabulary, const std::vector<Bases>& stretches, bool bf16) {
  int64_t bases = 0, wrong = 0;
  std::vector<int64_t> same(static_cast<size_t>(vocabulary.levels()));
  for (const Bases& stretch : stretches) {
    const std::span<const Bases> row(&stretch, 1);
    const Codes codes = vocabulary.encode(row, bf16), other = vocabulary.encode(row, !bf16);
    const Tensor known_L = codes[0][0].ge(0);
    const Tensor truth_L =
        torch::tensor(std::vector<int64_t>(stretch.begin(), stretch.end()), torch::kInt64)
            .to(vocabulary.device());
    const Tensor got_L = vocabulary.decode(codes, {static_cast<int64_t>(stretch.size())}, bf16)[0];
    bases += known_L.sum().item<int64_t>();
    wrong += (known_L & got_L.ne(truth_L)).sum().item<int64_t>();
    for (size_t level = 0; level < same.size(); ++level)
      same[level] += (known_L & codes[level][0].eq(other[level][0])).sum().item<int64_t>();
  }
  if (bases == 0) return;
  const auto all = static_cast<double>(bases);
  std::vector<std::string> agreed;
  for (size_t level = 0; level < same.size(); ++level) {
    agreed.push_back(fmt::format("{:.3f} % on level {}",
                                 100 * static_cast<double>(same[level]) / all, level + 1));
  }
  log::info(
      "codes in {} on {}; of {} sampled bases {:.3f} % come back wrong from their codes; fp32 and "
      "bf16 give the same code for {}",
      bf16 ? "bf16" : "fp32", vocabulary.device().str(), with_commas(bases),
      100 * static_cast<double>(wrong) / all, fmt::join(agreed, ", "));
}

}  // namespace

LearnedTokenizer open_code_tokenizer(const TokenizerRequest& request) {
  if (request.window > 0 || request.flank >= 0) {
    throw ConfigError(request.path +
                      ": its codes do not depend on where a sequence is cut: leave out " +
                      (request.window > 0 ? "--window" : "--flank"));
  }
  settle_threads(request.machine.threads);
  const torch::Device device = choose_device(request.machine.device);
  const bool bf16 = choose_bf16(request.machine.precision, device);
  const LoadedVocabulary loaded = load_vocabulary(request.path, device);
  const auto tokenizer =
      std::make_shared<const CodeTokenizer>(loaded.vocabulary, loaded.tokenizer, bf16);
  return {tokenizer, tokenizer->core_bases(), loaded.sha256,
          [vocabulary = loaded.vocabulary, bf16](const std::vector<Bases>& stretches) {
            judge(*vocabulary, stretches, bf16);
          }};
}

}  // namespace lexome
