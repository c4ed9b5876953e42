// An engine in a shared library of its own that fails on request: PretrainRequest::out names the
// kind.
#include <csignal>
#include <stdexcept>

#include "codes/analysis.h"
#include "lexome/engine.h"
#include "lexome/error.h"

namespace {

class FailingEngine : public lexome::Engine {
 public:
  std::vector<lexome::ComponentInfo> models() const override { return {}; }
  std::vector<lexome::Fields::Field> training_options() const override { return {}; }
  std::vector<lexome::ComponentInfo> vocabularies() const override { return {}; }
  void learn_vocabulary(const lexome::VocabularyRequest&) override {}
  lexome::CodesSummary analyze_codes(const lexome::Machine&, const lexome::CodesRequest&) override {
    return {};
  }
  void pretrain(const lexome::PretrainRequest& request) override {
    if (request.out == "input") throw lexome::InputError("input!");
    if (request.out == "io") throw lexome::IoError("io!", 28);
    if (request.out == "format") throw lexome::FormatError("format!");
    if (request.out == "config") throw lexome::ConfigError("config!");
    if (request.out == "internal") throw lexome::InternalError("internal!");
    if (request.out == "interrupted") throw lexome::Interrupted(SIGTERM, "interrupted!");
    throw std::runtime_error("foreign!");
  }
  lexome::ResultTable finetune(const lexome::FinetuneRequest&) override { return {}; }
  lexome::ResultTable evaluate(const lexome::EvaluateRequest&) override { return {}; }
  void predict(const lexome::PredictRequest&) override {}
  void embed(const lexome::EmbedRequest&) override {}
  lexome::LearnedTokenizer tokenizer(const lexome::TokenizerRequest&) override { return {}; }
  void convert(const lexome::ConvertRequest&) override {}
  std::vector<lexome::MachineRate> machine_rates(const lexome::Machine&) override { return {}; }
  std::string torch_version() const override { return "none"; }
};

}  // namespace

extern "C" lexome::Engine* lexome_engine() {
  static FailingEngine engine;
  return &engine;
}
