// What the command line may ask of the floors below the torch line. The engine lives in
// liblexome_torch.so, which is loaded only when a verb needs tensors, after threads and the BLAS
// environment are settled. Plain data in, files and plain data out; no torch type crosses here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexome/bases.h"
#include "lexome/options.h"
#include "lexome/result_table.h"

namespace lexome {

class Tokenizer;

struct Machine {
  int threads = 0;                 // total compute threads; 0: all cores this process may use
  std::string device = "auto";     // auto | cpu | cuda:N
  std::string precision = "auto";  // auto | fp32 | bf16
  bool deterministic = false;      // CUDA only; the CPU always is
};

struct PretrainRequest {
  Machine machine;
  Recipe recipe;                     // presets, -c files and --set, in order
  std::vector<std::string> genomes;  // specs as given to -g
  std::string vocabulary;            // -m: a vocabulary to use; empty: as the recipe says
  std::string out;                   // checkpoint folder
  uint64_t seed = 1;
  bool resume = false, force = false, dry_run = false, alias = false;
  std::string command;  // the command line, for provenance
};

// A vocabulary that a network learns: `lexome vocab vq|hrq|rvq|fsq`.
struct VocabularyRequest {
  Machine machine;
  std::string kind;  // a name of Engine::vocabularies()
  Recipe recipe;
  std::vector<std::string> genomes;
  std::string out;  // folder of the vocabulary
  uint64_t seed = 1;
  bool resume = false, force = false, alias = false;
  std::string command;
};

struct FinetuneRequest {
  Machine machine;
  Recipe recipe;
  std::string model;             // checkpoint folder to start from
  bool scratch = false;          // its architecture and tokenizer, fresh weights
  std::string train, dev, test;  // labelled files; dev may be empty (a split of train is made)
  std::string out;
  uint64_t seed = 1;
  bool resume = false, force = false, skip_bad = false, dry_run = false;
  std::string sequence_column, label_column;  // empty: found
  std::string command;
};

struct EvaluateRequest {
  Machine machine;
  Recipe recipe;                    // sections "finetune" and "train": shared by every arm
  std::string suite;                // a shipped suite's name or a manifest
  std::string data;                 // folder the manifest's files stand in; empty: as it says
  std::vector<std::string> models;  // run folders; may be empty (baselines only)
  std::vector<std::string> tasks, baselines;  // names; empty: all
  std::vector<int64_t> shots;                 // empty: as the manifest says
  int64_t draws = 0, seeds = 0;               // 0: as the manifest says
  std::string out;                            // evaluation folder
  std::string equal;                          // "", "bases" or "flops": what arms must agree in
  uint64_t seed = 1;
  bool resume = false, force = false, dry_run = false, allow_overlap = false;
  std::string command;
};

struct PredictRequest {
  Machine machine;
  std::string model, input, out = "-";  // "-": a stream
  std::string format = "tsv";
  std::string strand = "+";  // + | - | both | mean
  bool skip_bad = false, force = false, provenance = true;
  std::string command;
};

struct EmbedRequest {
  Machine machine;
  std::string model, input, out;   // X.npy and X.rows.tsv
  std::string layer = "last";      // N | last | all
  std::string pool = "mean";       // mean | cls | max | token | base
  int64_t window = 0, stride = 0;  // 0: the model's longest input, no overlap
  std::string join = "none";       // none | mean | max: windows of one sequence to one row
  bool skip_bad = false, force = false;
  std::string command;
};

// A tokenizer whose tokens a network makes: units of a run that cuts its own, codes of a learned
// vocabulary.
struct TokenizerRequest {
  Machine machine;
  std::string path;    // as given to -m
  int64_t window = 0;  // bases that a unit's network reads at once; 0: as many as in training
  int64_t flank = -1;  // of these, read on each side without being cut; -1: a quarter
};

struct LearnedTokenizer {
  std::shared_ptr<const Tokenizer> tokenizer;
  // Bases between the lines, anchored at each contig's start, at which it cuts; 0: it has none.
  int64_t own_lines = 0;
  std::string sha256;  // of the checkpoint
  // Says how good the tokens of some stretches are; empty where nothing is known to say.
  std::function<void(const std::vector<Bases>& stretches)> judge;
};

// From a Hugging Face folder to a run folder, or back: the input tells which.
struct ConvertRequest {
  Recipe recipe;  // section "model": what the folder does not say
  std::string input, out;
  bool force = false;
  std::string command;
};

struct ComponentInfo {
  std::string name, help;
  std::vector<Fields::Field> options;
};

// Measured speed of one kind of work on this machine, and what is wrong with it if anything is.
struct MachineRate {
  std::string what;  // "fp32 matrix product"
  double value = 0;
  std::string unit;  // "GFLOP/s"
  std::string remark;
};

struct CodesRequest;  // codes/analysis.h
struct CodesSummary;

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::vector<ComponentInfo> models() const = 0;
  virtual std::vector<Fields::Field> training_options() const = 0;
  // Vocabularies that networks learn, with their options.
  virtual std::vector<ComponentInfo> vocabularies() const = 0;
  virtual void pretrain(const PretrainRequest& request) = 0;
  virtual void learn_vocabulary(const VocabularyRequest& request) = 0;
  // Both leave results.tsv in the run folder and return its rows.
  virtual ResultTable finetune(const FinetuneRequest& request) = 0;
  // Leaves an evaluation folder (docs/formats.md) and returns the rows of its results.tsv.
  virtual ResultTable evaluate(const EvaluateRequest& request) = 0;
  virtual void predict(const PredictRequest& request) = 0;
  virtual void embed(const EmbedRequest& request) = 0;
  // The tokenizer may be used as long as the program runs. InputError when nothing at the path
  // makes tokens.
  virtual LearnedTokenizer tokenizer(const TokenizerRequest& request) = 0;
  virtual void convert(const ConvertRequest& request) = 0;
  virtual CodesSummary analyze_codes(const Machine& machine, const CodesRequest& request) = 0;
  virtual std::vector<MachineRate> machine_rates(const Machine& machine) = 0;
  virtual std::string torch_version() const = 0;
};

// Settles threads and BLAS, loads liblexome_torch.so from beside the program on the first call.
// Throws ConfigError naming the remedy when this build has no torch.
Engine& load_engine(const Machine& machine);

}  // namespace lexome
