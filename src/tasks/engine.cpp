// The door from the program to the floors below the torch line: liblexome_torch.so exports one C
// function that gives this engine. Torch's own errors end here; what leaves is one of lexome's.
#include "lexome/engine.h"

#include <fmt/format.h>

#include <new>

#include "kernels/machine_rates.h"
#include "lexome/error.h"
#include "models/model.h"
#include "tasks/analyze_codes.h"
#include "tasks/code_tokens.h"
#include "tasks/convert.h"
#include "tasks/embed.h"
#include "tasks/evaluate.h"
#include "tasks/evaluate_options.h"
#include "tasks/finetune.h"
#include "tasks/finetune_options.h"
#include "tasks/predict.h"
#include "tasks/unit_tokenizer.h"
#include "tensor/compat.h"
#include "tensor/device.h"
#include "train/learn_vocabulary.h"
#include "train/pretrain.h"
#include "vocab/saved.h"

namespace lexome {
namespace {

bool is_out_of_memory(const std::string& message) {
  return message.find("out of memory") != std::string::npos ||
         message.find("can't allocate memory") != std::string::npos;
}

[[noreturn]] void rethrow(const std::string& message) {
  if (is_out_of_memory(message)) {
    throw IoError("not enough memory for the tensors: " + message +
                  "; lower train.batch or the window length");
  }
  throw InternalError("the tensor library refused: " + message + "; please report this");
}

template <class Work>
auto at_border(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const c10::Error& error) {
    rethrow(short_message(error));
  } catch (const std::bad_alloc&) {
    rethrow("out of memory");
  }
}

class TorchEngine final : public Engine {
 public:
  std::vector<ComponentInfo> models() const override {
    std::vector<ComponentInfo> found;
    for (const ModelEntry& entry : model_registry()) {
      // Only the texts may leave: the maker that the fields read into ends here.
      const std::unique_ptr<ModelMaker> maker = entry.maker();
      std::vector<Fields::Field> fields = maker->fields().all();
      for (Fields::Field& field : fields) field.read = nullptr, field.write = nullptr;
      found.push_back({entry.name, entry.help, std::move(fields)});
    }
    return found;
  }
  // Options of pre-training, then those of fine-tuning and evaluating that are not shared.
  std::vector<Fields::Field> training_options() const override {
    std::vector<Fields::Field> all = training_fields();
    for (Fields::Field& field : finetune_option_texts()) all.push_back(std::move(field));
    for (Fields::Field& field : evaluate_option_texts()) all.push_back(std::move(field));
    return all;
  }
  std::vector<ComponentInfo> vocabularies() const override { return learned_vocabulary_texts(); }
  void pretrain(const PretrainRequest& request) override {
    at_border([&] { lexome::pretrain(request); });
  }
  void learn_vocabulary(const VocabularyRequest& request) override {
    at_border([&] { lexome::learn_vocabulary(request); });
  }
  ResultTable finetune(const FinetuneRequest& request) override {
    return at_border([&] { return lexome::finetune(request); });
  }
  ResultTable evaluate(const EvaluateRequest& request) override {
    return at_border([&] { return lexome::evaluate(request); });
  }
  void predict(const PredictRequest& request) override {
    at_border([&] { lexome::predict(request); });
  }
  void embed(const EmbedRequest& request) override {
    at_border([&] { lexome::embed(request); });
  }
  LearnedTokenizer tokenizer(const TokenizerRequest& request) override {
    return at_border([&] {
      return is_learned_vocabulary_folder(request.path) ? open_code_tokenizer(request)
                                                        : open_unit_tokenizer(request);
    });
  }
  void convert(const ConvertRequest& request) override {
    at_border([&] { lexome::convert(request); });
  }
  CodesSummary analyze_codes(const Machine& machine, const CodesRequest& request) override {
    return at_border([&] { return lexome::analyze_codes(machine, request); });
  }
  std::vector<MachineRate> machine_rates(const Machine& machine) override {
    return at_border([&] {
      settle_threads(machine.threads);
      return lexome::machine_rates();
    });
  }
  std::string torch_version() const override { return torch_version_text(); }
};

}  // namespace
}  // namespace lexome

extern "C" lexome::Engine* lexome_engine() {
  static lexome::TorchEngine engine;
  return &engine;
}
