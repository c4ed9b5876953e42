#include "lineages/analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/log.h"
#include "base/output_folder.h"
#include "base/provenance.h"
#include "base/text.h"
#include "lexome/error.h"
#include "lineages/classifiers.h"
#include "lineages/comparisons.h"
#include "lineages/findings.h"
#include "lineages/isolates.h"
#include "lineages/probe.h"
#include "lineages/spaces.h"
#include "report/metrics.h"

namespace lexome {
namespace {

constexpr const char* kBoundKind = "upper bound, made of the test labels";
constexpr const char* kUnknownRule =
    "One rule for all methods: genomes are read in the reference's coordinates; a deleted base (-) "
    "and every letter other than A, C, G and T is an unknown base, N; insertions are left out. An "
    "unknown base counts nowhere: not in a distance, not in a word or token that holds it, not in "
    "a "
    "code that sees it (as far as its vocabulary's widest level sees). Neither words nor codes "
    "reach "
    "beyond the ends of what is read.";

class LineageAnalysis {
 public:
  explicit LineageAnalysis(const LineageRequest& request)
      : request_(request), vocabularies_(request.vocabularies) {
    vocabularies_.check_window(request.window);
  }

  LineageFindings run() {
    findings_.seed = request_.seed;
    read();
    make_task();
    find_sites();
    views_ = {genome_view(findings_.task), window_view(findings_.task, windows_)};
    count_windows();
    for (const TaskView& view : views_) {
      read_sequences(view);
      probe_features(view);
    }
    compare_distances(tree_, labels_, vocabularies_, request_.seed, request_.threads, &findings_);
    compare_edits(tree_, findings_.genes, vocabularies_, request_.seed, &findings_);
    compare_recombinants(tree_, request_.recombinants, vocabularies_, &findings_);
    return std::move(findings_);
  }

  const std::vector<TaskView>& views() const { return views_; }

 private:
  template <class... Arguments>
  void say(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    findings_.notes.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  void read() {
    tree_ = read_lineage_tree(request_.tree, request_.reference);
    say("{}: {} leaves; the reference has {} bases. Every mutation of the tree found its stated "
        "base.",
        request_.tree, tree_.leaves.size(),
        with_commas(static_cast<int64_t>(tree_.reference.size())));
    if (!request_.consensus.empty()) {
      const ConsensusSummary used = use_consensus(request_.consensus, &tree_);
      say("{}: {} of {} records are leaves and give their genomes; {} equal the genome that "
          "follows "
          "from the tree, the others differ by up to {} substitutions or in what is deleted.",
          request_.consensus, used.replaced, used.records, used.equal, used.largest);
    }
    findings_.genes = read_genes(request_.genes, tree_.reference.size());
    if (!request_.constellations.empty()) {
      constellations_ =
          read_constellations(request_.constellations, findings_.genes, tree_.reference);
      int64_t sites = 0, left_out = 0;
      for (const Constellation& one : constellations_) {
        sites += static_cast<int64_t>(one.sites.size());
        left_out += one.left_out;
      }
      say("{}: {} constellations with {} substitutions that agree with the reference; {} "
          "deletions, "
          "insertions and sites in genes that no annotation names are left out.",
          request_.constellations, constellations_.size(), sites, left_out);
    }
    say("{}", kUnknownRule);
    for (const std::string& line : vocabularies_.described()) say("{}", line);
  }

  void make_task() {
    labels_ = label_leaves(tree_, request_.attribute, request_.classes, constellations_);
    findings_.attribute = labels_.attribute;
    say("Classes by {}: {}. Left out: {} recombinant leaves, {} without a label, {} of other "
        "classes.",
        labels_.attribute, fmt::join(labels_.classes, ", "), labels_.recombinant,
        labels_.unlabelled, labels_.other);
    if (request_.isolates.empty()) {
      const SubtreeSplit split =
          split_by_subtree(tree_, labels_.of_leaf, labels_.classes, request_.threads);
      findings_.task = subtree_task(tree_, labels_, split, request_.per_class, request_.seed);
      const auto near =
          std::count_if(split.genomes.begin(), split.genomes.end(),
                        [](const SplitGenome& one) { return one.side == LineageSide::kNear; });
      say("Split by subtree: whole subtrees of each class are tested; genomes within {} "
          "substitutions of a tested one are left out, {} in all.",
          kFarApart, near);
      for (const int32_t c : split.unsplit) {
        findings_.unsplit.push_back(labels_.classes[static_cast<size_t>(c)]);
      }
    } else {
      IsolateSummary summary;
      const std::vector<Isolate> isolates = read_isolates(
          request_.isolates, request_.labels, tree_.reference, request_.threads, &summary);
      findings_.task = isolate_task(tree_, labels_, isolates, request_.per_class, request_.seed);
      say("Tested: isolates of {}: {} records, without {} that have no label, {} whose label is "
          "not "
          "trusted (kmer_jaccard below {}) and {} copies. The labels were made with 25-mers, so "
          "that "
          "k-mer methods are judged by their like.",
          fmt::join(request_.isolates, ", "), summary.records, summary.unlabelled, summary.doubtful,
          kTrustedJaccard, summary.copies);
    }
    const LineageTask& task = findings_.task;
    if (!task.without_test.empty()) {
      log::warn("without genomes on both sides, and left out: {}",
                fmt::join(task.without_test, ", "));
    }
    say("At most {} genomes of a class on each side; classes with fewer are repeated in training, "
        "so that classes are balanced. A quarter of a class's training genomes chooses settings "
        "(dev).",
        request_.per_class);
  }

  void find_sites() {
    int64_t left_out = 0;
    if (constellations_.empty()) {
      findings_.sites = sites_of_training(findings_.task);
      say("Defining sites: {} substitutions that at least 80 % of a class's training genomes have, "
          "and at most 20 % of every other's.",
          findings_.sites.size());
    } else {
      findings_.sites =
          sites_of_constellations(findings_.task, tree_, labels_, constellations_, &left_out);
      say("Defining sites: {} bases of the constellations; {} sites that no training genome has "
          "are "
          "left out.",
          findings_.sites.size(), left_out);
    }
    windows_ = windows_of(tree_.reference.size(), request_.window);
    if (windows_.empty()) {
      throw ConfigError(fmt::format("--window {}: the reference has {} bases", request_.window,
                                    tree_.reference.size()));
    }
    findings_.windows = windows_.size();
    for (const DefiningSite& site : findings_.sites) sited_.insert(window_at(site.position));
    findings_.windows_with_site = sited_.size();
  }

  uint32_t window_at(uint32_t position) const {
    return position / static_cast<uint32_t>(request_.window) *
           static_cast<uint32_t>(request_.window);
  }

  void count_windows() {
    const std::vector<ViewItem>& tested = views_[1].side(TaskSide::kTest);
    findings_.tested_windows = tested.size();
    const auto same = std::count_if(tested.begin(), tested.end(), [&](const ViewItem& item) {
      return changes_in(findings_.task.genomes[item.genome].changes, item.span).empty();
    });
    findings_.reference_share = static_cast<double>(same) / static_cast<double>(tested.size());
  }

  void read_sequences(const TaskView& view) {
    const LineageTask& task = findings_.task;
    const int threads = request_.threads;
    if (view.name == "windows") bound_windows(view);
    score(view, "defining sites", "oracle: reads aligned sites",
          oracle(task, view, findings_.sites));
    score(view, "Hamming", "nearest neighbour, aligned", hamming_nearest(task, view, threads));
    score(view, "25-mer Jaccard", "nearest neighbour", jaccard_nearest(task, view, threads));
    score(view, "unknown bases", "nearest neighbour by where N stands",
          unknown_nearest(task, view, threads));
  }

  void bound_windows(const TaskView& view) {
    std::vector<ViewItem> parts[2];
    for (const ViewItem& item : view.side(TaskSide::kTest)) {
      parts[sited_.count(item.span.begin)].push_back(item);
    }
    const ReaderBound all = reader_bound(findings_.task, view.side(TaskSide::kTest));
    MethodScore one;
    one.view = view.name;
    one.method = "any reader of letters and place";
    one.what = kBoundKind;
    one.macro_f1 = all.macro_f1;
    one.accuracy = all.accuracy;
    if (!parts[1].empty()) one.with_site = reader_bound(findings_.task, parts[1]).macro_f1;
    if (!parts[0].empty()) one.without_site = reader_bound(findings_.task, parts[0]).macro_f1;
    one.f1 = all.f1;
    findings_.scores.push_back(std::move(one));
  }

  void score(const TaskView& view, const std::string& method, const std::string& what,
             const std::vector<int32_t>& guesses, const std::string& setting = "") {
    const auto classes = static_cast<int>(findings_.task.classes.size());
    std::vector<int32_t> truth[3], guess[3];  // all, with a site, without
    const std::vector<ViewItem>& tested = view.side(TaskSide::kTest);
    for (size_t i = 0; i < tested.size(); ++i) {
      const size_t part = sited_.count(tested[i].span.begin) > 0 ? 1 : 2;
      for (const size_t p : {size_t{0}, part}) {
        truth[p].push_back(tested[i].label);
        guess[p].push_back(guesses[i]);
      }
    }
    const Confusion confusion = confusion_matrix(truth[0], guess[0], classes);
    MethodScore one;
    one.view = view.name;
    one.method = method;
    one.what = what;
    one.setting = setting;
    one.macro_f1 = macro_f1(confusion);
    one.accuracy = accuracy(confusion);
    if (view.name == "windows") {
      one.with_site = macro_f1(confusion_matrix(truth[1], guess[1], classes));
      one.without_site = macro_f1(confusion_matrix(truth[2], guess[2], classes));
    }
    for (int c = 0; c < classes; ++c) {
      double wrong = 0;
      for (int o = 0; o < classes; ++o) {
        if (o != c) wrong += static_cast<double>(confusion.at(c, o) + confusion.at(o, c));
      }
      const auto hits = static_cast<double>(confusion.at(c, c));
      one.f1.push_back(hits > 0 ? 2 * hits / (2 * hits + wrong) : 0);
    }
    findings_.scores.push_back(std::move(one));
  }

  void probe_features(const TaskView& view) {
    const DistinctBases distinct = distinct_bases(findings_.task, view);
    for (const FeatureRows& features : vocabularies_.features(distinct.bases)) {
      ProbeRows probe;
      probe.rows = &features.rows;
      probe.classes = findings_.task.classes.size();
      for (size_t s = 0; s < 3; ++s) {
        probe.items[s] = distinct.of_item[s];
        for (const ViewItem& item : view.sides[s]) probe.labels[s].push_back(item.label);
      }
      const ProbeResult result = linear_probe(probe, request_.threads);
      score(view, features.name, "linear probe", result.guesses, fmt::format("C = {:g}", result.c));
      if (view.name == "genomes") lay_out(view, features, probe, request_.threads, &findings_);
    }
  }

  const LineageRequest& request_;
  Vocabularies vocabularies_;
  LineageFindings findings_;
  LineageTree tree_;
  LineageLabels labels_;
  std::vector<Constellation> constellations_;
  std::vector<Span> windows_;
  std::set<uint32_t> sited_;  // windows that hold a defining site, by their first position
  std::vector<TaskView> views_;
};

void check(const LineageRequest& request) {
  if (request.isolates.empty() != request.labels.empty()) {
    throw ConfigError("--isolates FASTA and --labels TABLE go together");
  }
  if (!request.constellations.empty() && request.genes.empty()) {
    throw ConfigError("--constellations needs the genes that its sites name: --genes GFF");
  }
  if (request.window < 50) {
    throw ConfigError(fmt::format("--window {}: 50 or more", request.window));
  }
  if (request.per_class < 1) {
    throw ConfigError(fmt::format("--per-class {}: 1 or more", request.per_class));
  }
}

// The labelled sequences of a view, as finetune and evaluate read them.
void write_view(const LineageTask& task, const TaskView& view, const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (size_t s = 0; s < 3; ++s) {
    OutputFile out(fmt::format("{}/{}.csv", folder, kTaskSideNames[s]), true);
    out.write("name,sequence,label\n");
    for (const ViewItem& item : view.sides[s]) {
      const TaskGenome& genome = task.genomes[item.genome];
      std::string name = genome.name;
      std::replace(name.begin(), name.end(), ',', '_');
      out.write(fmt::format("{}:{}-{},{},{}\n", name, item.span.begin + 1, item.span.end,
                            to_letters(item_bases(task, item)),
                            task.classes[static_cast<size_t>(item.label)]));
    }
    out.commit();
  }
}

std::string best_of(const LineageFindings& findings, const std::string& view) {
  const MethodScore* best = nullptr;
  for (const MethodScore& one : findings.scores) {
    if (one.view != view || one.what == kBoundKind) continue;
    if (best == nullptr || one.macro_f1 > best->macro_f1) best = &one;
  }
  return fmt::format("{} {:.3f}", best->method, best->macro_f1);
}

}  // namespace

LineageSummary analyze_lineages(const LineageRequest& request) {
  check(request);
  OutputFolder folder(request.out, "classes.tsv", "an analysis of lineages", request.force);
  LineageAnalysis analysis(request);
  const LineageFindings findings = analysis.run();
  const LineageTask& task = findings.task;
  for (const TaskView& view : analysis.views()) write_view(task, view, folder.file(view.name));
  const std::string head = request.provenance ? provenance_lines(request.command) : "";
  for (const auto& [name, table] : lineage_tables(findings)) {
    write_text_file(folder.file(name + ".tsv"), head + tsv_table(table));
  }
  PageHead title{"Lineages", ""};
  if (request.provenance) {
    title.provenance =
        fmt::format("lexome {} ({}), {}", version(), build_commit(), request.command);
  }
  const std::vector<Section> sections = lineage_sections(findings);
  write_text_file(folder.file("report.html"), page_html(title, sections));
  write_text_file(folder.file("report.md"), page_markdown(title, sections));
  folder.commit();
  LineageSummary summary;
  summary.classes = task.classes.size();
  const auto distinct = [&](TaskSide side) {
    const std::vector<size_t>& all = task.sides[static_cast<size_t>(side)];
    return std::set<size_t>(all.begin(), all.end()).size();
  };
  summary.train = distinct(TaskSide::kTrain);
  summary.test = distinct(TaskSide::kTest);
  summary.best = best_of(findings, "genomes");
  summary.best_windows = best_of(findings, "windows");
  return summary;
}

}  // namespace lexome
