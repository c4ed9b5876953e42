#include "lineages/isolates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "base/threads.h"
#include "genome/fasta.h"
#include "lexome/error.h"
#include "lineages/align.h"

namespace lexome {
namespace {

struct IsolateLabel {
  std::string text;
  double jaccard = 1;
};

void read_labels(const std::string& path, std::map<std::string, IsolateLabel>* labels) {
  LineReader reader(path);
  std::string_view line;
  int name = -1, label = -1, jaccard = -1;
  if (!reader.next(&line)) throw InputError(path + ": empty; a table of labels is expected");
  const std::vector<std::string_view> header = split(line, '\t');
  for (size_t i = 0; i < header.size(); ++i) {
    const std::string_view column = trim(header[i]);
    if (column == "name") name = static_cast<int>(i);
    if (column == "who_label" || column == "label") label = static_cast<int>(i);
    if (column == "kmer_jaccard") jaccard = static_cast<int>(i);
  }
  if (name < 0 || label < 0) {
    throw InputError(path + ": needs the columns name and who_label (or label), separated by tabs");
  }
  while (reader.next(&line)) {
    if (trim(line).empty()) continue;
    const std::vector<std::string_view> fields = split(line, '\t');
    if (static_cast<int>(fields.size()) <= std::max({name, label, jaccard})) {
      throw InputError(fmt::format("{}:{}: {} fields where the header has {}", path,
                                   reader.line_number(), fields.size(), header.size()));
    }
    IsolateLabel one;
    one.text = std::string(trim(fields[static_cast<size_t>(label)]));
    if (jaccard >= 0 && !parse_double(trim(fields[static_cast<size_t>(jaccard)]), &one.jaccard)) {
      throw InputError(fmt::format("{}:{}: kmer_jaccard '{}' is no number", path,
                                   reader.line_number(), fields[static_cast<size_t>(jaccard)]));
    }
    labels->emplace(std::string(trim(fields[static_cast<size_t>(name)])), std::move(one));
  }
}

}  // namespace

ConsensusSummary use_consensus(const std::string& path, LineageTree* tree) {
  std::map<std::string, size_t> leaf_of;
  for (size_t leaf = 0; leaf < tree->leaves.size(); ++leaf) {
    leaf_of[tree->nodes[static_cast<size_t>(tree->leaves[leaf])].name] = leaf;
  }
  ConsensusSummary summary;
  const Span all{0, static_cast<uint32_t>(tree->reference.size())};
  FastaReader reader(path);
  std::string name, description, letters;
  while (reader.next(&name, &description, &letters)) {
    ++summary.records;
    const Bases genome = bases_from(letters, path);
    if (genome.size() != tree->reference.size()) {
      throw InputError(fmt::format(
          "{}: {} has {} bases where the reference has {}; consensus genomes must be aligned to it",
          path, name, genome.size(), tree->reference.size()));
    }
    const auto found = leaf_of.find(name);
    if (found == leaf_of.end()) {
      ++summary.unknown;
      continue;
    }
    Changes changes = changes_of(tree->reference, genome);
    Changes& mine = tree->leaf_changes[found->second];
    ++summary.replaced;
    summary.equal += changes == mine;
    summary.largest = std::max(summary.largest, difference(mine, changes, all).substitutions);
    mine = std::move(changes);
  }
  return summary;
}

std::vector<Isolate> read_isolates(const std::vector<std::string>& fastas,
                                   const std::vector<std::string>& tables, BasesView reference,
                                   int threads, IsolateSummary* summary) {
  std::map<std::string, IsolateLabel> labels;
  for (const std::string& path : tables) read_labels(path, &labels);
  std::vector<Isolate> isolates;
  std::vector<Bases> genomes;
  std::set<std::string> names;
  std::set<std::string> known;
  for (const std::string& path : fastas) {
    FastaReader reader(path);
    std::string name, description, letters;
    while (reader.next(&name, &description, &letters)) {
      ++summary->records;
      const auto found = labels.find(name);
      if (found == labels.end() || found->second.text.empty()) {
        ++summary->unlabelled;
        continue;
      }
      if (found->second.jaccard < kTrustedJaccard) {
        ++summary->doubtful;
        continue;
      }
      Bases bases = bases_from(letters, path);
      if (!names.insert(name).second || !known.insert(to_letters(bases)).second) {
        ++summary->copies;
        continue;
      }
      isolates.push_back({name, found->second.text, {}});
      genomes.push_back(std::move(bases));
    }
  }
  if (isolates.empty()) {
    throw InputError(
        fmt::format("{}: no record has a trusted label in {} (kmer_jaccard {} or more)",
                    fmt::join(fastas, ", "), fmt::join(tables, ", "), kTrustedJaccard));
  }
  const ReferenceAligner aligner(reference);
  parallel_for(static_cast<int64_t>(isolates.size()), 1, threads, [&](int64_t b, int64_t e) {
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      isolates[i].changes = aligner.align(genomes[i], isolates[i].name);
    }
  });
  return isolates;
}

}  // namespace lexome
