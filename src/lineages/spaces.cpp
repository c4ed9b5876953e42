#include "lineages/spaces.h"

#include <map>

#include "report/metrics.h"

namespace lexome {
namespace {

constexpr int kNeighbours = 15;
constexpr size_t kComponents = 20;
constexpr size_t kMostGenomes = 500;  // genomes; the components take the cube of it

constexpr auto kTrain = static_cast<size_t>(TaskSide::kTrain);
constexpr auto kTest = static_cast<size_t>(TaskSide::kTest);

void add_rows(const SparseRows& more, SparseRows* rows) {
  for (size_t r = 0; r < more.rows(); ++r) {
    for (size_t j = more.begin[r]; j < more.begin[r + 1]; ++j) {
      rows->column.push_back(more.column[j]);
      rows->value.push_back(more.value[j]);
    }
    rows->begin.push_back(rows->column.size());
  }
}

// Mean over pairs of classes, and over classes between their training and tested genomes.
void measure_divergence(const SparseRows& rows, const ProbeRows& probe, SpaceScore* one) {
  SparseRows means = class_means(rows, probe.items[kTrain], probe.labels[kTrain], probe.classes);
  add_rows(class_means(rows, probe.items[kTest], probe.labels[kTest], probe.classes), &means);
  double between = 0, within = 0, pairs = 0;
  for (size_t a = 0; a < probe.classes; ++a) {
    within += jensen_shannon(means, a, probe.classes + a);
    for (size_t b = a + 1; b < probe.classes; ++b) {
      between += jensen_shannon(means, a, b);
      pairs += 1;
    }
  }
  one->between = between / pairs;
  one->within = within / static_cast<double>(probe.classes);
}

}  // namespace

void lay_out(const TaskView& genomes, const FeatureRows& features, const ProbeRows& probe,
             int threads, LineageFindings* findings) {
  std::vector<size_t> rows;
  std::vector<int32_t> labels;
  std::map<size_t, size_t> row_of;  // by genome
  for (size_t s = 0; s < 3; ++s) {
    for (size_t i = 0; i < probe.items[s].size(); ++i) {
      if (!row_of.emplace(genomes.sides[s][i].genome, probe.items[s][i]).second) continue;
      rows.push_back(probe.items[s][i]);
      labels.push_back(probe.labels[s][i]);
    }
  }
  SpaceScore one;
  one.name = features.name;
  one.silhouette = silhouette(features.rows, rows, labels, probe.classes, threads);
  one.neighbours =
      macro_f1(confusion_matrix(probe.labels[kTest], neighbour_guesses(probe, kNeighbours, threads),
                                static_cast<int>(probe.classes)));
  measure_divergence(features.rows, probe, &one);
  GenomeMap map{features.name, {}, {}};
  std::vector<size_t> shown;
  const size_t step = (row_of.size() + kMostGenomes - 1) / kMostGenomes;
  size_t at = 0;
  for (const auto& [genome, row] : row_of) {
    if (at++ % step != 0) continue;
    map.genomes.push_back(genome);
    shown.push_back(row);
  }
  map.components = principal_components(features.rows, shown, kComponents);
  findings->maps.push_back(std::move(map));
  findings->spaces.push_back(std::move(one));
}

}  // namespace lexome
