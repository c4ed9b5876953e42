// Choosing, scoring and writing task rows. A row's key depends on its contig and its number there,
// so the choice is the same however the work was cut.
#include "genome/simulator_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/threads.h"
#include "genome/simulator_oracle.h"

namespace lexome::sim {

const char* const kSplitNames[kSplits] = {"train", "dev", "test"};

namespace {

constexpr uint64_t kTaskStream = 4;
// Log-odds are clipped, because a stop codon in every frame makes them infinite.
constexpr double kLargestLogOdds = 1000;

bool smaller_key(const TaskRow& a, const TaskRow& b) {
  if (a.key != b.key) return a.key < b.key;
  return a.contig != b.contig ? a.contig < b.contig : a.start < b.start;
}

struct Scored {
  std::array<double, 3> posterior{};
  double log_odds = 0;
};

Scored score(const Oracle& oracle, Task task, const Bases& bases) {
  const std::array<double, 3> joint = oracle.log_joint(task, bases);
  const int classes = Oracle::num_classes(task);
  const double top = *std::max_element(joint.begin(), joint.begin() + classes);
  Scored scored;
  double sum = 0;
  for (int c = 0; c < classes; ++c) sum += scored.posterior[c] = std::exp(joint[c] - top);
  for (double& p : scored.posterior) p /= sum;
  scored.log_odds = std::clamp(joint[1] - joint[0], -kLargestLogOdds, kLargestLogOdds);
  return scored;
}

int best_class(const Scored& scored, int classes) {
  return static_cast<int>(
      std::max_element(scored.posterior.begin(), scored.posterior.begin() + classes) -
      scored.posterior.begin());
}

TaskSummary summarise(Task task, Split split, const std::vector<TaskRow>& rows,
                      const std::vector<Scored>& scores) {
  TaskSummary summary{task_name(task), kSplitNames[static_cast<int>(split)],
                      static_cast<int64_t>(rows.size()), Oracle::num_classes(task)};
  const int classes = Oracle::num_classes(task);
  double right = 0;
  for (size_t i = 0; i < rows.size(); ++i) right += best_class(scores[i], classes) == rows[i].label;
  summary.accuracy = rows.empty() ? 0 : right / static_cast<double>(rows.size());
  for (int c = classes == 2 ? 1 : 0; c < classes; ++c) {
    std::vector<double> values;
    std::vector<int> positive;
    for (size_t i = 0; i < rows.size(); ++i) {
      values.push_back(classes == 2 ? scores[i].log_odds : scores[i].posterior[c]);
      positive.push_back(rows[i].label == c);
    }
    summary.auroc += auroc(values, positive) / (classes == 2 ? 1 : classes);
  }
  return summary;
}

}  // namespace

const char* task_name(Task task) {
  switch (task) {
    case Task::kPromoter:
      return "promoter";
    case Task::kSplice:
      return "splice";
    case Task::kCoding:
      return "coding";
    case Task::kPair:
      return "pair";
  }
  return "";
}

std::string label_text(Task task, int label) {
  static const char* const kSpliceLabels[] = {"donor", "acceptor", "neither"};
  return task == Task::kSplice ? kSpliceLabels[label] : std::to_string(label);
}

int64_t TaskChoice::most_rows(Split split) const {
  return split == Split::kTrain ? options_.train_rows
         : split == Split::kDev ? options_.dev_rows
                                : options_.test_rows;
}

void TaskChoice::add(const Piece& contig, const ContigPlan& plan, Split split) {
  uint64_t number = 0;
  for (const Candidate& candidate : contig.candidates) {
    const int task = static_cast<int>(candidate.task);
    TaskRow row;
    row.key = Random(seed_, Purpose::kSimulate, kTaskStream,
                     (static_cast<uint64_t>(plan.index) << 32) | number++)
                  .next64();
    const auto most = static_cast<size_t>(most_rows(split) / Oracle::num_classes(candidate.task));
    std::vector<TaskRow>& heap = heaps_[task][static_cast<int>(split)][candidate.label];
    if (most == 0 || (heap.size() == most && heap.front().key < row.key)) continue;
    row.label = candidate.label;
    const BasesView bases =
        BasesView(contig.bases).subspan(candidate.start, candidate.end - candidate.start);
    row.bases =
        candidate.strand == '-' ? reverse_complement(bases) : Bases(bases.begin(), bases.end());
    row.contig = plan.name;
    row.start = candidate.start;
    row.end = candidate.end;
    row.strand = candidate.strand;
    heap.push_back(std::move(row));
    std::push_heap(heap.begin(), heap.end(), smaller_key);
    if (heap.size() > most) {
      std::pop_heap(heap.begin(), heap.end(), smaller_key);
      heap.pop_back();
    }
  }
}

// Equally many of every class, in the order of their keys.
std::vector<TaskRow> TaskChoice::balanced(Task task, Split split) const {
  const int classes = Oracle::num_classes(task);
  const auto& heaps = heaps_[static_cast<int>(task)][static_cast<int>(split)];
  size_t each = heaps[0].size();
  for (int c = 1; c < classes; ++c) each = std::min(each, heaps[c].size());
  std::vector<TaskRow> rows;
  for (int c = 0; c < classes; ++c) {
    std::vector<TaskRow> sorted = heaps[c];
    std::sort(sorted.begin(), sorted.end(), smaller_key);
    rows.insert(rows.end(), sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(each));
  }
  std::sort(rows.begin(), rows.end(), smaller_key);
  return rows;
}

std::vector<TaskSummary> TaskChoice::write(const std::string& folder, const Grammar& grammar,
                                           int threads) const {
  const Oracle oracle(grammar);
  std::vector<TaskSummary> summaries;
  std::string ceiling = "#task\tsplit\tn\tmetric\tvalue\n";
  for (int t = 0; t < kTasks; ++t) {
    const Task task = static_cast<Task>(t);
    const int classes = Oracle::num_classes(task);
    const std::string task_folder = folder + "/" + task_name(task);
    std::filesystem::create_directories(task_folder);
    for (int s = 0; s < kSplits; ++s) {
      const Split split = static_cast<Split>(s);
      const std::vector<TaskRow> rows = balanced(task, split);
      std::vector<Scored> scores(rows.size());
      parallel_for(static_cast<int64_t>(rows.size()), 64, threads, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) scores[i] = score(oracle, task, rows[i].bases);
      });
      OutputFile out(task_folder + "/" + kSplitNames[s] + ".csv");
      std::string text = "sequence,label,contig,start,end,strand,oracle";
      if (classes > 2)
        for (int c = 0; c < classes; ++c) text += ",oracle_" + label_text(task, c);
      text += '\n';
      for (size_t i = 0; i < rows.size(); ++i) {
        const TaskRow& row = rows[i];
        text +=
            fmt::format("{},{},{},{},{},{},", to_letters(row.bases), label_text(task, row.label),
                        row.contig, row.start, row.end, row.strand);
        if (classes == 2) {
          text += fmt::format("{:.4f}\n", scores[i].log_odds);
        } else {
          text += label_text(task, best_class(scores[i], classes));
          for (int c = 0; c < classes; ++c) text += fmt::format(",{:.6f}", scores[i].posterior[c]);
          text += '\n';
        }
        if (text.size() > (size_t{1} << 20)) {
          out.write(text);
          text.clear();
        }
      }
      out.write(text);
      out.commit();
      summaries.push_back(summarise(task, split, rows, scores));
      const TaskSummary& summary = summaries.back();
      for (const auto& [metric, value] :
           {std::pair{"accuracy", summary.accuracy}, std::pair{"auroc", summary.auroc}})
        ceiling += fmt::format("{}\t{}\t{}\t{}\t{:.4f}\n", summary.task, summary.split,
                               summary.rows, metric, value);
    }
  }
  write_text_file(folder + "/oracle.tsv", ceiling);
  return summaries;
}

}  // namespace lexome::sim
