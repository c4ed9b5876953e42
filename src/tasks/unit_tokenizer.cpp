#include "tasks/unit_tokenizer.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/text.h"
#include "data/collate.h"
#include "data/tokenize.h"
#include "kernels/unit_selection.h"
#include "lexome/error.h"
#include "segments/stability.h"
#include "tasks/unit_insides.h"
#include "tensor/device.h"
#include "train/checkpoint.h"

namespace lexome {
namespace {

constexpr size_t kJudged = 16;  // stretches that are cut twice
constexpr uint64_t kSampleSeed = 0;

struct FoundUnit {
  int64_t start = 0, length = 0;  // within the window that is encoded
  float expert = 0, score = 0;
  int forced = 0;
};

// A stretch between two lines and what is read of it, in bases of the window that is encoded.
struct Stretch {
  size_t window = 0;
  int64_t start = 0, end = 0, read_start = 0, read_end = 0;
  bool starts_at_line = false, ends_at_line = false;
};

class UnitTokenizer final : public Tokenizer, public InsideUnits {
 public:
  UnitTokenizer(std::shared_ptr<MxdnaModel> model, std::shared_ptr<const Tokenizer> bases,
                UnitGrid grid, const torch::Device& device, bool bf16, FreshModel fresh)
      : model_(std::move(model)),
        bases_(std::move(bases)),
        fresh_(std::move(fresh)),
        experts_(model_->options().experts),
        grid_(grid),
        device_(device),
        bf16_(bf16),
        collator_(bases_, nullptr, {.max_tokens = model_->max_tokens()}) {}

  std::string_view kind() const override { return "units"; }
  std::string describe() const override {
    return fmt::format("units of {} to {} bases, cut every {} bases with {} read on each side",
                       *std::min_element(experts_.begin(), experts_.end()),
                       *std::max_element(experts_.begin(), experts_.end()), grid_.core,
                       grid_.flank);
  }
  // The first base of a stretch may depend on the last of what is read with it, and the reverse.
  Sees sees() const override {
    const int64_t far = grid_.core - 1 + grid_.flank;
    return {far, far};
  }
  bool tiles() const override { return true; }
  bool regular() const override { return false; }
  int num_levels() const override { return 0; }
  int32_t vocab_size(int) const override { return 0; }
  SpecialIds specials(int) const override { return {}; }
  Bases decode(const Tokens& tokens) const override {
    size_t length = 0;
    for (size_t i = 0; i < tokens.size(); ++i) length += tokens.covers[i].length;
    return Bases(length, kN);
  }
  std::string token_text(int32_t, int) const override { return ""; }
  BasesView spelling(int32_t, int) const override { return {}; }
  std::string to_json() const override {
    throw InternalError("units are made by a network and have no vocabulary file");
  }

  // Each stretch is a batch of its own, computed by one thread: a unit's score is then the same to
  // the last bit whatever stands beside it, and so is which of two close scores wins.
  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    const std::vector<Stretch> stretches = stretches_of(windows);
    std::vector<std::vector<FoundUnit>> found(stretches.size());
    at::parallel_for(0, static_cast<int64_t>(stretches.size()), 1, [&](int64_t begin, int64_t end) {
      const torch::NoGradGuard no_grad;
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        found[i] = units_of(windows[stretches[i].window].bases, stretches[i]);
    });
    std::vector<std::vector<FoundUnit>> by_window(windows.size());
    for (size_t i = 0; i < stretches.size(); ++i) {
      std::vector<FoundUnit>& all = by_window[stretches[i].window];
      all.insert(all.end(), found[i].begin(), found[i].end());
    }
    std::vector<Tokens> out;
    for (const std::vector<FoundUnit>& units : by_window) out.push_back(tokens_of(units));
    return out;
  }

  int64_t core() const override { return grid_.core; }
  int64_t flank() const override { return grid_.flank; }
  std::vector<UnitInsides> look(const std::vector<Bases>& reads) const override {
    std::vector<UnitInsides> out(reads.size());
    at::parallel_for(0, static_cast<int64_t>(reads.size()), 1, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
        out[i] = look_inside(*model_, collator_, reads[i], device_, bf16_);
    });
    return out;
  }
  std::shared_ptr<const InsideUnits> untrained(uint64_t seed) const override {
    return std::make_shared<UnitTokenizer>(fresh_(seed), bases_, grid_, device_, bf16_, fresh_);
  }

 private:
  std::vector<Stretch> stretches_of(std::span<const Window> windows) const {
    std::vector<Stretch> all;
    for (size_t w = 0; w < windows.size(); ++w) {
      const int64_t first = std::max<int64_t>(0, windows[w].locus.start);
      const auto length = static_cast<int64_t>(windows[w].bases.size());
      for (int64_t start = 0; start < length;) {
        Stretch one;
        one.window = w;
        one.start = start;
        const int64_t next_line = ((first + start) / grid_.core + 1) * grid_.core - first;
        one.end = std::min(length, next_line);
        one.read_start = std::max<int64_t>(0, start - grid_.flank);
        one.read_end = std::min(length, one.end + grid_.flank);
        one.starts_at_line = start > 0;
        one.ends_at_line = one.end < length;
        all.push_back(one);
        start = one.end;
      }
    }
    return all;
  }

  std::vector<FoundUnit> units_of(BasesView bases, const Stretch& one) const {
    const Window read = {bases.subspan(static_cast<size_t>(one.read_start),
                                       static_cast<size_t>(one.read_end - one.read_start)),
                         {}};
    const Batch batch = collator_.collate(std::span(&read, 1), {}, 0);
    const MxdnaUnits made = model_->units(to_tensor(batch, device_), {.bf16 = bf16_});
    const Tensor scores_RE = made.scores_RE.to(torch::kCPU).contiguous();
    const auto experts = static_cast<int64_t>(experts_.size());
    // Row 0 is [CLS].
    const float* const scores =
        scores_RE.data_ptr<float>() + (1 + one.start - one.read_start) * experts;
    const int64_t length = one.end - one.start;
    std::vector<int32_t> expert_at(static_cast<size_t>(length), -1);
    UnitSelector(experts_).select(scores, length, nullptr, expert_at.data());
    std::vector<FoundUnit> units;
    for (int64_t p = 0; p < length; ++p) {
      const int32_t expert = expert_at[static_cast<size_t>(p)];
      if (expert < 0) continue;
      FoundUnit unit;
      unit.length = experts_[static_cast<size_t>(expert)];
      const int64_t start = unit_start(p, unit.length);
      unit.start = one.start + start;
      unit.expert = static_cast<float>(expert);
      unit.score = share(scores + p * experts, expert);
      unit.forced = (start == 0 && one.starts_at_line ? kForcedStart : 0) +
                    (start + unit.length == length && one.ends_at_line ? kForcedEnd : 0);
      units.push_back(unit);
    }
    return units;
  }

  float share(const float* scores_E, int32_t expert) const {
    const float best = *std::max_element(scores_E, scores_E + experts_.size());
    float sum = 0;
    for (size_t e = 0; e < experts_.size(); ++e) sum += std::exp(scores_E[e] - best);
    return std::exp(scores_E[expert] - best) / sum;
  }

  static Tokens tokens_of(const std::vector<FoundUnit>& units) {
    std::vector<Cover> covers;
    Tokens tokens;
    tokens.columns = {{"expert", {}}, {"score", {}}, {kForcedColumn, {}}};
    for (const FoundUnit& unit : units) {
      covers.push_back({static_cast<uint32_t>(unit.start), static_cast<uint32_t>(unit.length)});
      tokens.columns[0].values.push_back(unit.expert);
      tokens.columns[1].values.push_back(unit.score);
      tokens.columns[2].values.push_back(static_cast<float>(unit.forced));
    }
    tokens.covers = Covers::listed(std::move(covers));
    return tokens;
  }

  std::shared_ptr<MxdnaModel> model_;
  std::shared_ptr<const Tokenizer> bases_;
  FreshModel fresh_;
  std::vector<int64_t> experts_;
  UnitGrid grid_;
  torch::Device device_;
  bool bf16_;
  Collator collator_;
};

// Bases of the windows that a run was trained on, or the most it can read.
int64_t training_window(const Recipe& recipe, int64_t room) {
  const Recipe::Setting* const length = recipe.find("windows.length");
  return length == nullptr ? room : std::min(room, parse_size(length->value, "windows.length"));
}

void judge(const std::shared_ptr<const Tokenizer>& tokenizer, const UnitGrid& grid,
           const std::vector<Bases>& stretches) {
  const Stability moved =
      line_stability(cutter_of(tokenizer), grid.core, as_studied(stretches), kJudged, kSampleSeed);
  if (moved.units == 0) return;
  log::info(
      "{:.1f} % of {} sampled units are others when the grid's lines move by half their distance",
      100 * (1 - static_cast<double>(moved.kept) / static_cast<double>(moved.units)),
      with_commas(moved.units));
}

UnitGrid unit_grid(const TokenizerRequest& request, const Recipe& recipe, int64_t room) {
  const int64_t window = request.window > 0 ? request.window : training_window(recipe, room);
  if (window > room)
    throw ConfigError(
        fmt::format("--window {}: this model reads at most {} bases at once", window, room));
  UnitGrid grid;
  grid.flank = request.flank >= 0 ? request.flank : window / 4;
  grid.core = window - 2 * grid.flank;
  if (grid.core < 1)
    throw ConfigError(fmt::format(
        "--flank {}: a window of {} bases has no base left between two such flanks; choose at "
        "most {}",
        grid.flank, window, (window - 1) / 2));
  return grid;
}

}  // namespace

std::shared_ptr<const Tokenizer> make_unit_tokenizer(std::shared_ptr<MxdnaModel> model,
                                                     std::shared_ptr<const Tokenizer> bases,
                                                     UnitGrid grid, const torch::Device& device,
                                                     bool bf16, FreshModel fresh) {
  return std::make_shared<UnitTokenizer>(std::move(model), std::move(bases), grid, device, bf16,
                                         std::move(fresh));
}

LearnedTokenizer open_unit_tokenizer(const TokenizerRequest& request) {
  settle_threads(request.machine.threads);
  const torch::Device device = choose_device(request.machine.device);
  const LoadedModel loaded = load_model(request.path, device);
  const auto model = std::dynamic_pointer_cast<MxdnaModel>(loaded.model);
  if (model == nullptr)
    throw InputError(request.path + ": its model cuts no units; name a run of mxdna");
  model->eval();
  if (!model->options().makes_units()) {
    if (request.flank >= 0)
      throw ConfigError("--flank is for runs that make units, and " + request.path +
                        " has model.unit_layout = none");
    return {loaded.tokenizer, 0, loaded.sha256, nullptr};  // its tokens are the bases themselves
  }
  const UnitGrid grid = unit_grid(request, loaded.recipe, model->max_tokens() - 2);
  const std::shared_ptr<const Tokenizer> tokenizer = make_unit_tokenizer(
      model, loaded.tokenizer, grid, device, choose_bf16(request.machine.precision, device),
      [path = request.path, device](uint64_t seed) {
        auto fresh = std::dynamic_pointer_cast<MxdnaModel>(load_model(path, device, &seed).model);
        fresh->eval();
        return fresh;
      });
  return {tokenizer, grid.core, loaded.sha256,
          [tokenizer, grid](const std::vector<Bases>& stretches) {
            judge(tokenizer, grid, stretches);
          }};
}

}  // namespace lexome
