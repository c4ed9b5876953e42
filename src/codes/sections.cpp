// The report of an analysis of codes: each claim beside what 6-mers, clusters of windows and an
// untrained network say of the same bases.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "codes/analysis.h"
#include "motifs/findings.h"
#include "report/heat.h"
#include "report/logo.h"

namespace lexome {
namespace {

constexpr size_t kLogos = 12;     // a level
constexpr size_t kBranches = 24;  // coarse codes of a tree

double told(const LabellingFindings& one) {
  double bits = 0;
  for (const double each : one.profiles.information) bits += each;
  return bits;
}

bool learned(const LabellingFindings& one) { return one.labelling.kind == LabelKind::kLearned; }

// What stands beside a level.
std::vector<const LabellingFindings*> beside(const CodesFindings& findings,
                                             const LabellingFindings& level) {
  std::vector<const LabellingFindings*> out;
  for (const LabellingFindings& one : findings.labellings) {
    const bool same = one.labelling.level == level.labelling.level;
    if (!learned(one) && (same || one.labelling.kind == LabelKind::kWords)) out.push_back(&one);
  }
  return out;
}

template <class Figure>
std::string each_beside(const CodesFindings& findings, const LabellingFindings& level,
                        const Figure& figure) {
  std::vector<std::string> words;
  for (const LabellingFindings* one : beside(findings, level))
    words.push_back(fmt::format("{} {}", one->labelling.name, figure(*one)));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::vector<std::string> sentences(const CodesFindings& findings) {
  std::vector<std::string> out;
  for (const LabellingFindings& one : findings.labellings) {
    if (!learned(one)) continue;
    out.push_back(fmt::format(
        "{}: {} of {} used, perplexity {:.1f}. They tell {:.2f} bits of the {} bases they see; {}.",
        one.labelling.name, with_commas(one.use.used), with_commas(one.labelling.codes),
        one.use.perplexity(), told(one), 2 * one.labelling.reach + 1,
        each_beside(findings, one, [](const LabellingFindings& other) {
          return fmt::format("{:.2f}", told(other));
        })));
    if (!findings.annotations.empty()) {
      out.push_back(fmt::format("{}: {} pairs of code and annotation at q <= {}; {}.",
                                one.labelling.name,
                                with_commas(static_cast<int64_t>(one.annotations.found)), kFoundQ,
                                each_beside(findings, one, [](const LabellingFindings& other) {
                                  return with_commas(static_cast<int64_t>(other.annotations.found));
                                })));
    }
    if (one.motifs_sought > 0) {
      out.push_back(
          fmt::format("{}: {} of the {} most used match a known motif at E <= {}; {}.",
                      one.labelling.name, one.motifs_found, one.motifs_sought, kMatrixEValue,
                      each_beside(findings, one, [](const LabellingFindings& other) {
                        return fmt::format("{} of {}", other.motifs_found, other.motifs_sought);
                      })));
    }
    if (one.strand.tried > 0) {
      out.push_back(fmt::format(
          "{}: a code tells the code of the other strand for {:.1f} % of bases, three bases alone "
          "for {:.1f} %; {}.",
          one.labelling.name, 100 * one.strand.by_label, 100 * one.strand.by_triplet,
          each_beside(findings, one, [](const LabellingFindings& other) {
            return fmt::format("{:.1f} %", 100 * other.strand.by_label);
          })));
    }
  }
  for (const LevelPair& pair : findings.pairs) {
    out.push_back(fmt::format(
        "H({}) = {:.2f} bits, and {:.2f} when the code of {} is known: {:.3f} bits are shared, "
        "{:.3f} "
        "when pairs are shuffled, {:.3f} when they are shuffled among bases with the same "
        "neighbours. Fine codes are {}nested in coarse ones beyond that.",
        pair.second, pair.entropy_2, pair.conditional, pair.first, pair.information.observed,
        pair.information.free_mean, pair.information.local_mean, pair.nested ? "" : "not "));
  }
  return out;
}

Section overview(const CodesFindings& findings) {
  Section section("overview", "What was found");
  section.list(sentences(findings)).table(use_table(findings));
  section.heading("What was done").list(findings.notes);
  return section;
}

std::string logo_figure(const LabellingFindings& one, const CodeProfile& profile) {
  const std::string title = fmt::format("{}, {}", one.labelling.name, profile.label);
  return fmt::format(
      "<figure class=\"matrix\"><figcaption><strong>{}</strong> {} bases, {:.1f} bits"
      "</figcaption>{}</figure>\n",
      escape_html(title), with_commas(profile.count), profile.bits,
      svg_logo(title + ", logo", profile.columns));
}

Section windows_section(const CodesFindings& findings) {
  Section section("windows", "What codes say of the bases around");
  section.note(
      "What a label tells of the base so many places away: the entropy of that base less what is "
      "left of it when the label is known (Miller and Madow's correction for small counts).");
  std::vector<Series> series;
  for (const LabellingFindings& one : findings.labellings) {
    Series line;
    line.name = one.labelling.name;
    for (size_t i = 0; i < one.profiles.information.size(); ++i) {
      line.points.emplace_back(static_cast<double>(i) - static_cast<double>(one.labelling.reach),
                               one.profiles.information[i]);
    }
    series.push_back(std::move(line));
  }
  std::string legend = "<div class=\"legend\">";
  for (size_t i = 0; i < series.size(); ++i) {
    legend += fmt::format("<span><span style=\"color:{}\">&#9632;</span> {}</span>",
                          series_colour(i), escape_html(series[i].name));
  }
  section.html("<figure>" + legend + "</div>" +
               svg_lines("bits told of a base by its distance from the label", series) +
               "<figcaption>Bits told of a base, by its distance.</figcaption></figure>\n");
  for (const LabellingFindings& one : findings.labellings) {
    if (!learned(one)) continue;
    std::string logos;
    for (size_t i = 0; i < std::min(kLogos, one.profiles.profiles.size()); ++i)
      logos += logo_figure(one, one.profiles.profiles[i]);
    section.heading(one.labelling.name + ": the most used");
    section.open_grid().html(logos).close_grid();
  }
  return section;
}

Section annotations_section(const CodesFindings& findings) {
  Section section("annotations", "Annotations");
  if (findings.annotations.empty()) return section;
  section.note(
      "Labels inside an annotation, against circular shifts of the annotation within every "
      "stretch. "
      "p is two-sided; q by Benjamini and Hochberg over all labels and annotations of a "
      "labelling. Bits told: what the label of a base tells of whether it is inside, and what "
      "shifts "
      "leave of that, which grows with the number of labels.");
  section.table(annotation_table(findings));
  return section;
}

Section motifs_section(const CodesFindings& findings) {
  Section section("motifs", "Known motifs");
  if (findings.motifs.empty()) return section;
  section.note(
      "The most used labels as matrices, ends that tell less than 0.1 bits cut off, against the "
      "database: Euclidean distance of columns, E times the matrices searched.");
  ShownTable table;
  table.columns = {"labelling", "label", "matrix", "family", "E"};
  table.numeric = {false, true, false, false, true};
  for (const LabellingFindings& one : findings.labellings) {
    for (const CodeMotif& motif : one.motifs) {
      if (motif.match.e_value > kMatrixEValue) break;
      table.rows.push_back({one.labelling.name, std::to_string(motif.label),
                            findings.motifs[motif.match.target].label(),
                            findings.families[findings.family_of[motif.match.target]].name,
                            p_text(motif.match.e_value)});
    }
  }
  if (table.rows.empty()) {
    section.note("No label of any labelling matches a motif.");
  } else {
    section.table(std::move(table));
  }
  return section;
}

// Coarse codes, and the fine ones that stand under each more often than under any other.
ShownTable tree(const LevelPair& pair) {
  ShownTable table;
  table.columns = {pair.first, pair.second + " under it"};
  table.numeric = {true, false};
  for (size_t r = 0; r < std::min(pair.rows.size(), kBranches); ++r) {
    std::vector<std::string> under;
    for (size_t c = 0; c < pair.columns.size(); ++c) {
      int64_t most = 0;
      for (const std::vector<int64_t>& row : pair.counts) most = std::max(most, row[c]);
      if (most > 0 && pair.counts[r][c] == most) under.push_back(std::to_string(pair.columns[c]));
    }
    table.rows.push_back({std::to_string(pair.rows[r]), fmt::format("{}", fmt::join(under, ", "))});
  }
  return table;
}

Section levels_section(const CodesFindings& findings) {
  Section section("levels", "Levels together");
  if (findings.pairs.empty()) return section;
  section.note(
      "Levels quantise different depths and see the same bases: some of what they share is no "
      "hierarchy. Shuffling pairs among bases with the same neighbours keeps what three bases "
      "explain. Nesting: the share of bases whose fine code stands under the coarse code it stands "
      "under most often.");
  section.table(level_table(findings));
  for (const LevelPair& pair : findings.pairs) {
    std::vector<std::string> rows, columns;
    for (const int32_t code : pair.rows) rows.push_back(std::to_string(code));
    for (const int32_t code : pair.columns) columns.push_back(std::to_string(code));
    // Shares of a fine code, so that rare ones are seen as well.
    std::vector<std::vector<double>> shares;
    for (const std::vector<int64_t>& row : pair.counts) shares.emplace_back(row.begin(), row.end());
    for (size_t c = 0; c < columns.size(); ++c) {
      double sum = 0;
      for (const std::vector<double>& row : shares) sum += row[c];
      for (std::vector<double>& row : shares) row[c] = sum > 0 ? row[c] / sum : 0;
    }
    section.html(fmt::format(
        "<figure class=\"scroll\">{}<figcaption>The most used codes of {} (rows) and {} (columns): "
        "shares of "
        "each column.</figcaption></figure>\n",
        svg_heat("joint use of " + pair.first + " and " + pair.second, rows, columns, shares),
        escape_html(pair.first), escape_html(pair.second)));
    if (pair.nested) {
      section.open_fold("Fine codes by the coarse code they stand under most often", false)
          .table(tree(pair))
          .close_fold();
    }
  }
  return section;
}

Section strand_section(const CodesFindings& findings) {
  Section section("strand", "The other strand");
  const ShownTable table = strand_table(findings);
  if (table.rows.empty()) return section;
  section.note(
      "How often the label that the reverse complement gives a base can be told: from the base's "
      "own "
      "label, from the three bases around, and by always saying the most frequent one; learned on "
      "every "
      "other thousand bases, tried on the rest. 6-mers, a function of strand by their making, show "
      "what the number of labels costs.");
  section.table(table);
  return section;
}

}  // namespace

std::vector<Section> code_sections(const CodesFindings& findings) {
  return {overview(findings),       windows_section(findings), annotations_section(findings),
          motifs_section(findings), levels_section(findings),  strand_section(findings)};
}

}  // namespace lexome
