// The tables of an analysis of codes.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/text.h"
#include "codes/analysis.h"
#include "motifs/findings.h"

namespace lexome {
namespace {

std::string fold_text(const LabelEnrichment& one) {
  return one.expected > 0
             ? fmt::format("{:+.2f}", std::log2((static_cast<double>(one.observed) + 0.5) /
                                                (one.expected + 0.5)))
             : "";
}

}  // namespace

ShownTable use_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"labelling", "labels",        "used %",       "perplexity",    "reach",
                   "bits told", "motifs sought", "motifs found", "enriched pairs"};
  table.numeric = {false, true, true, true, true, true, true, true, true};
  for (const LabellingFindings& one : findings.labellings) {
    double told = 0;
    for (const double bits : one.profiles.information) told += bits;
    const auto labels = static_cast<double>(one.labelling.codes);
    table.rows.push_back({one.labelling.name, std::to_string(one.labelling.codes),
                          fixed(100 * static_cast<double>(one.use.used) / labels, 1),
                          fixed(one.use.perplexity(), 1), std::to_string(one.labelling.reach),
                          fixed(told, 2), std::to_string(one.motifs_sought),
                          std::to_string(one.motifs_found), std::to_string(one.annotations.found)});
  }
  return table;
}

namespace {

ShownTable label_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"labelling", "label", "count",      "share %",   "consensus", "bits",
                   "family",    "E",     "annotation", "log2 fold", "q"};
  table.numeric = {false, true, true, true, false, true, false, true, false, true, true};
  for (const LabellingFindings& one : findings.labellings) {
    std::map<int32_t, const LabelEnrichment*> enriched;
    for (const LabelEnrichment& each : one.annotations.labels) enriched.emplace(each.label, &each);
    std::map<int32_t, const CodeMotif*> motifs;
    for (const CodeMotif& each : one.motifs) motifs.emplace(each.label, &each);
    for (const CodeProfile& profile : one.profiles.profiles) {
      std::vector<std::string> row = {
          one.labelling.name,
          std::to_string(profile.label),
          std::to_string(profile.count),
          fixed(100 * static_cast<double>(profile.count) / static_cast<double>(one.use.bases), 3),
          consensus(profile.columns),
          fixed(profile.bits, 2)};
      const auto motif = motifs.find(profile.label);
      if (motif == motifs.end()) {
        row.insert(row.end(), {"", ""});
      } else {
        const MatrixMatch& match = motif->second->match;
        row.push_back(findings.families[findings.family_of[match.target]].name);
        row.push_back(p_text(match.e_value));
      }
      const auto found = enriched.find(profile.label);
      if (found == enriched.end()) {
        row.insert(row.end(), {"", "", ""});
      } else {
        row.push_back(findings.annotations[found->second->annotation].name);
        row.push_back(fold_text(*found->second));
        row.push_back(p_text(found->second->q_value));
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

ShownTable offset_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"labelling", "offset", "bits"};
  table.numeric = {false, true, true};
  for (const LabellingFindings& one : findings.labellings) {
    for (size_t i = 0; i < one.profiles.information.size(); ++i) {
      table.rows.push_back({one.labelling.name,
                            std::to_string(static_cast<int64_t>(i) - one.labelling.reach),
                            fixed(one.profiles.information[i], 5)});
    }
  }
  return table;
}

ShownTable enrichment_rows(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"labelling", "annotation", "label", "observed", "expected",
                   "log2 fold", "z",          "p",     "q"};
  table.numeric = {false, false, true, true, true, true, true, true, true};
  for (const LabellingFindings& one : findings.labellings) {
    for (const LabelEnrichment& each : one.annotations.labels) {
      table.rows.push_back({one.labelling.name, findings.annotations[each.annotation].name,
                            std::to_string(each.label), std::to_string(each.observed),
                            fixed(each.expected, 2), fold_text(each), fixed(each.z(), 2),
                            p_text(each.p_value), p_text(each.q_value)});
    }
  }
  return table;
}

}  // namespace

ShownTable annotation_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"annotation", "bases",     "labelling", "bits told", "bits by shifts",  "p",
                   "best label", "log2 fold", "z",         "q",         "labels q <= 0.05"};
  table.numeric = {false, true, false, true, true, true, true, true, true, true, true};
  for (size_t a = 0; a < findings.annotations.size(); ++a) {
    for (const LabellingFindings& one : findings.labellings) {
      const AnnotationInformation& told = one.annotations.information[a];
      const LabelEnrichment* best = nullptr;
      size_t found = 0;
      for (const LabelEnrichment& each : one.annotations.labels) {
        if (each.annotation != a) continue;
        if (best == nullptr) best = &each;
        found += each.q_value <= kFoundQ;
      }
      std::vector<std::string> row = {findings.annotations[a].name,
                                      std::to_string(findings.annotations[a].bases),
                                      one.labelling.name,
                                      fmt::format("{:.3g}", told.observed),
                                      fmt::format("{:.3g}", told.shifted),
                                      p_text(told.p_value)};
      if (best == nullptr) {
        row.insert(row.end(), {"", "", "", "", "0"});
      } else {
        row.insert(row.end(), {std::to_string(best->label), fold_text(*best), fixed(best->z(), 1),
                               p_text(best->q_value), std::to_string(found)});
      }
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

ShownTable level_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"levels",       "figure",       "observed",
                   "shuffled",     "most of them", "shuffled within triplets",
                   "most of those"};
  table.numeric = {false, false, true, true, true, true, true};
  for (const LevelPair& pair : findings.pairs) {
    const std::string levels = pair.first + " and " + pair.second;
    for (const auto& [name, value] : {std::pair{"H(first)", pair.entropy_1},
                                      {"H(second)", pair.entropy_2},
                                      {"H(second | first)", pair.conditional}}) {
      table.rows.push_back({levels, name, fixed(value, 3), "", "", "", ""});
    }
    for (const auto& [name, value] :
         {std::pair{"I(first; second)", &pair.information}, {"nesting", &pair.nesting}}) {
      table.rows.push_back({levels, name, fixed(value->observed), fixed(value->free_mean),
                            fixed(value->free_most), fixed(value->local_mean),
                            fixed(value->local_most)});
    }
  }
  return table;
}

ShownTable strand_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"labelling",        "bases tried",     "by its label %",
                   "by three bases %", "by a constant %", "entropy of the other label"};
  table.numeric = {false, true, true, true, true, true};
  for (const LabellingFindings& one : findings.labellings) {
    const StrandAnswer& strand = one.strand;
    if (strand.tried == 0) continue;
    table.rows.push_back({one.labelling.name, std::to_string(strand.tried),
                          fixed(100 * strand.by_label, 2), fixed(100 * strand.by_triplet, 2),
                          fixed(100 * strand.constant, 2), fixed(strand.entropy, 2)});
  }
  return table;
}

static ShownTable joint_table(const CodesFindings& findings) {
  ShownTable table;
  table.columns = {"first", "second", "label_1", "label_2", "count"};
  table.numeric = {false, false, true, true, true};
  for (const LevelPair& pair : findings.pairs) {
    for (size_t r = 0; r < pair.rows.size(); ++r) {
      for (size_t c = 0; c < pair.columns.size(); ++c) {
        if (pair.counts[r][c] == 0) continue;
        table.rows.push_back({pair.first, pair.second, std::to_string(pair.rows[r]),
                              std::to_string(pair.columns[c]), std::to_string(pair.counts[r][c])});
      }
    }
  }
  return table;
}

std::vector<std::pair<std::string, ShownTable>> code_tables(const CodesFindings& findings) {
  return {{"use", use_table(findings)},
          {"labels", label_table(findings)},
          {"offsets", offset_table(findings)},
          {"annotations", annotation_table(findings)},
          {"enrichment", enrichment_rows(findings)},
          {"levels", level_table(findings)},
          {"joint", joint_table(findings)},
          {"strand", strand_table(findings)}};
}

}  // namespace lexome
