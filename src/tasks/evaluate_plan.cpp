// Arms and runs of an evaluation.
#include "tasks/evaluate_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/text.h"
#include "lexome/error.h"
#include "models/cnn.h"
#include "report/predictions.h"
#include "tasks/pretraining_facts.h"
#include "train/optimizer.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

constexpr char kCnnRecipe[] = "model.name = \"cnn\"\n";
constexpr char kNone[] = "none";

// A folder's own name as the name of an arm.
std::string name_of(const std::string& path) {
  fs::path folder = fs::absolute(path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  // A vocabulary's file goes without its ending.
  std::string name = (fs::is_regular_file(folder) ? folder.stem() : folder.filename()).string();
  for (char& c : name) {
    if (c == '/' || c == '\t' || c == ' ') c = '_';
  }
  return name.empty() ? "model" : name;
}

std::string unused_name(const std::string& wanted, std::set<std::string>* taken) {
  std::string name = wanted;
  for (int i = 2; !taken->insert(name).second; ++i) name = fmt::format("{}-{}", wanted, i);
  return name;
}

// Recipe and data of a pre-training: all but its seed.
std::string origin_of(const LoadedModel& loaded) {
  return loaded.recipe_text + loaded.state.value("data_sha256", loaded.sha256);
}

// Architecture and vocabulary: what decides a model with fresh weights.
std::string architecture_of(const LoadedModel& loaded) {
  std::string text = loaded.tokenizer->to_json();
  const Recipe model = recipe_sections(loaded.recipe, {"model"});
  for (const auto& [key, setting] : model.settings()) {
    text += key + "=" + setting.value + "\n";
  }
  return sha256_of(text);
}

ArmCompute compute_of(const std::string& model, const std::string& role,
                      const ParameterCounts& counts, const PretrainingFacts& facts) {
  ArmCompute compute;
  compute.model = model;
  compute.role = role;
  compute.pretrain_seed = facts.seed;
  compute.bases_seen = facts.bases;
  compute.context = facts.context;
  compute.params_trunk = counts.trunk;
  compute.params_embedding = counts.embedding;
  compute.params_total = counts.total;
  compute.masked_share = facts.masked_share;
  compute.pretrain_flops = facts.flops;
  return compute;
}

PretrainingFacts no_pretraining(int64_t context) {
  PretrainingFacts facts;
  facts.bases = 0;
  facts.flops = 0;
  facts.context = context;
  return facts;
}

// Models that share recipe and data but not the seed are one model, seen several times.
struct Family {
  std::string model;
  std::set<int64_t> seeds;
};

void add_models(const EvaluateRequest& request, bool scratch, std::set<std::string>* names,
                std::vector<Arm>* arms) {
  std::map<std::string, Family> families;
  std::set<std::string> architectures;
  std::vector<Arm> fresh;
  for (const std::string& run : request.models) {
    const LoadedModel loaded = load_model(run, torch::kCPU);
    const PretrainingFacts facts = pretraining_facts(loaded);
    const ParameterCounts counts = loaded.model->parameter_counts();
    Arm arm;
    arm.name = unused_name(name_of(run), names);
    Family& family = families[origin_of(loaded)];
    const bool shares = !family.seeds.empty() && family.seeds.insert(facts.seed).second;
    if (family.seeds.empty()) family = {arm.name, {facts.seed}};
    arm.model = shares ? family.model : arm.name;
    arm.role = kRolePretrained;
    arm.run = run;
    arm.identity = loaded.sha256;
    arm.compute = compute_of(arm.model, arm.role, counts, facts);
    const std::string architecture = architecture_of(loaded);
    const bool learns = !trainable_parameters(*loaded.model).empty();
    if (scratch && learns && architectures.insert(architecture).second) {
      Arm twin;
      twin.name = unused_name(arm.name + "-scratch", names);
      twin.model = twin.name;
      twin.role = kRoleScratch;
      twin.run = run;
      twin.identity = architecture;
      twin.compute = compute_of(twin.model, twin.role, counts, no_pretraining(facts.context));
      fresh.push_back(std::move(twin));
    }
    arms->push_back(std::move(arm));
  }
  for (Arm& arm : fresh) arms->push_back(std::move(arm));
}

void add_baselines(const EvaluateRequest& request, std::set<std::string>* names,
                   std::vector<Arm>* arms) {
  std::vector<std::string> known;
  for (const Baseline& baseline : baselines()) known.emplace_back(baseline.name);
  known.emplace_back(kCnn);
  std::vector<std::string> wanted = request.baselines.empty() ? known : request.baselines;
  if (wanted == std::vector<std::string>{kNone}) wanted.clear();
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near = nearest_name(name, known);
      throw ConfigError(fmt::format("there is no baseline '{}'{}; known: {}, or none", name,
                                    near.empty() ? "" : " (did you mean " + near + "?)",
                                    fmt::join(known, ", ")));
    }
  }
  for (const std::string& name : known) {  // in the order of the table, whatever was typed
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
    Arm arm;
    arm.name = unused_name(name, names);
    arm.model = arm.name;
    arm.role = kRoleBaseline;
    arm.identity = "baseline " + name;
    for (const Baseline& baseline : baselines()) {
      if (name == baseline.name) arm.baseline = &baseline;
    }
    ParameterCounts counts{-1, -1, -1};
    if (arm.is_trained()) counts = make_cnn({}, 0)->parameter_counts();
    arm.compute = compute_of(arm.model, arm.role, counts, no_pretraining(-1));
    arms->push_back(std::move(arm));
  }
}

std::string shots_text(int64_t shots) { return shots < 0 ? "all" : std::to_string(shots); }

}  // namespace

bool Arm::is_scratch() const { return role != kRolePretrained; }

std::vector<Arm> gather_arms(const EvaluateRequest& request, const EvaluateOptions& options) {
  std::vector<Arm> arms;
  std::set<std::string> names;
  add_models(request, options.scratch, &names, &arms);
  add_baselines(request, &names, &arms);
  if (arms.empty()) throw ConfigError("nothing to evaluate: give -m RUN, or some --baselines");
  return arms;
}

LoadedModel load_arm(const Arm& arm, const torch::Device& device, uint64_t seed) {
  if (!arm.run.empty()) return load_model(arm.run, device, arm.is_scratch() ? &seed : nullptr);
  LoadedModel made;
  made.model = make_cnn({}, seed);
  made.model->to(device);
  made.tokenizer = make_nucleotide();
  made.recipe_text = kCnnRecipe;
  made.recipe = Recipe::from_text(kCnnRecipe, kCnn);
  made.state = nlohmann::json::object();
  return made;
}

std::string task_folder(const std::string& task) {
  std::string name = "runs/";
  for (const char c : task) name += c == '/' ? std::string("__") : std::string(1, c);
  return name;
}

std::vector<PlannedRun> plan_runs(const Suite& suite, const std::vector<Arm>& arms,
                                  const EvaluateRequest& request) {
  std::vector<PlannedRun> runs;
  for (size_t t = 0; t < suite.tasks.size(); ++t) {
    const SuiteTask& task = suite.tasks[t];
    const std::vector<int64_t> all_shots =
        task.shots.empty() ? std::vector<int64_t>{-1} : task.shots;
    for (size_t a = 0; a < arms.size(); ++a) {
      for (const int64_t shots : all_shots) {
        const int64_t draws = shots < 0 ? 1 : task.draws;
        const int64_t seeds = arms[a].is_trained() ? suite.seeds : 1;
        for (int64_t i = 0; i < draws * seeds; ++i) {
          PlannedRun run{t, a, shots, shots < 0 ? -1 : i / seeds, -1, ""};
          if (arms[a].is_trained()) run.seed = static_cast<int64_t>(request.seed) + i % seeds;
          run.folder = fmt::format("{}/{}/{}-d{}-s{}", task_folder(task.name), arms[a].name,
                                   shots_text(shots), std::max<int64_t>(0, run.draw),
                                   std::max<int64_t>(0, run.seed));
          runs.push_back(std::move(run));
        }
      }
    }
  }
  return runs;
}

Suite requested_suite(const EvaluateRequest& request) {
  SuiteChoice choice;
  choice.data = request.data;
  choice.tasks = request.tasks;
  choice.allow_overlap = request.allow_overlap;
  Suite suite = read_suite(request.suite, choice);
  if (request.seeds > 0) suite.seeds = request.seeds;
  for (SuiteTask& task : suite.tasks) {
    if (request.draws > 0) task.draws = request.draws;
    if (!request.shots.empty()) task.shots = request.shots;
    std::sort(task.shots.begin(), task.shots.end(), [](int64_t a, int64_t b) {
      return (a < 0) < (b < 0) || ((a < 0) == (b < 0) && a < b);
    });
    task.shots.erase(std::unique(task.shots.begin(), task.shots.end()), task.shots.end());
  }
  return suite;
}

}  // namespace lexome
