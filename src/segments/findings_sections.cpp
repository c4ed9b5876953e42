// The report of an analysis of units.
#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "segments/findings.h"

namespace lexome {
namespace {

std::string with_interval(double value, double low, double high, bool sign) {
  if (std::isnan(value)) return "";
  const auto text = [&](double x) { return sign ? signed_fixed(x) : fixed(x); };
  return std::isnan(low) ? text(value)
                         : fmt::format("{} [{}, {}]", text(value), text(low), text(high));
}

Section overview(const UnitFindings& findings) {
  Section section("overview", "What was cut");
  ShownTable table;
  table.columns = {"tokenizer", "units cut", "mean length", "how"};
  table.numeric = {false, true, true, false};
  for (const UnitRow& row : findings.rows) {
    const bool some = row.segments.none.empty();
    table.rows.push_back({row.segments.name, some ? with_commas(row.lengths.front().units) : "n/a",
                          some ? fixed(row.lengths.front().mean, 2) : "n/a",
                          row.segments.about + (some ? "" : "; " + row.segments.none)});
  }
  section.table(std::move(table)).heading("What was done").list(findings.notes);
  return section;
}

Section boundaries(const UnitFindings& findings, size_t landmark) {
  const std::string& name = findings.landmarks[landmark];
  Section section("boundaries-" + name, fmt::format("Boundaries: {}", name));
  section.note(
      "Excess is the F1 minus that of a null: the same units with their lengths in another order "
      "within every kilobase, or boundaries elsewhere with the same GC around them. An interval "
      "that holds zero is no finding.");
  if (name == "codon") {
    section.note(
        "Codon boundaries lie three bases apart: with a tolerance of one base every cut agrees, so "
        "only tolerance 0 says something here.");
  }
  ShownTable table;
  table.columns = {"tokenizer", "tolerance",           "precision",     "recall",
                   "F1",        "excess over lengths", "excess over GC"};
  table.numeric = {false, true, true, true, true, true, true};
  for (const UnitRow& row : findings.rows) {
    for (size_t t = 0; t < 3; ++t) {
      if (row.agreements.empty()) {
        if (t == 0)
          table.rows.push_back({row.segments.name, "", "n/a", "n/a", "n/a", "n/a", "n/a"});
        continue;
      }
      const Agreement& one = row.agreements[landmark][t];
      table.rows.push_back(
          {row.segments.name, std::to_string(t), fixed(one.observed.precision),
           fixed(one.observed.recall), fixed(one.observed.f1),
           with_interval(one.lengths.value.f1, one.lengths.low, one.lengths.high, true),
           with_interval(one.gc.value.f1, one.gc.low, one.gc.high, true)});
    }
  }
  section.table(std::move(table));
  return section;
}

Section codons(const UnitFindings& findings) {
  Section section("codons", "Reading frames");
  if (!findings.has_genes) return section;
  section.note(
      "In phase: share of a gene's cuts that stand before the first base of a codon, mean over "
      "genes; a third by chance, and a third for a ruler, which keeps a phase but does not know "
      "the frame. Across introns: chance that cuts of two neighbouring coding exons stand before "
      "the same codon position; a third by chance.");
  ShownTable table;
  table.columns = {"tokenizer", "genes", "in phase", "genes with introns", "across introns"};
  table.numeric = {false, true, true, true, true};
  for (const UnitRow& row : findings.rows) {
    if (!row.segments.none.empty()) {
      table.rows.push_back({row.segments.name, "n/a", "n/a", "n/a", "n/a"});
      continue;
    }
    const auto& [in_phase, across] = row.codons;
    table.rows.push_back({row.segments.name, counted(in_phase.count),
                          with_interval(in_phase.value, in_phase.low, in_phase.high, false),
                          counted(across.count),
                          with_interval(across.value, across.low, across.high, false)});
  }
  section.table(std::move(table));
  return section;
}

Section lengths(const UnitFindings& findings) {
  Section section("lengths", "Lengths");
  section.note("A unit belongs to every class that holds its middle base.");
  ShownTable table;
  table.columns = {"tokenizer", "class", "units", "mean", "sd", "median"};
  table.numeric = {false, false, true, true, true, true};
  for (const UnitRow& row : findings.rows) {
    for (const ClassLengths& one : row.lengths) {
      table.rows.push_back({row.segments.name, one.name, with_commas(one.units), fixed(one.mean, 3),
                            fixed(one.deviation, 3), std::to_string(one.median)});
    }
  }
  section.table(std::move(table));
  return section;
}

Section stabilities(const UnitFindings& findings) {
  Section section("stability", "Stability");
  section.note(
      "Share of units that are still there, both edges in place and nothing cut between, when the "
      "same 601 bases "
      "are cut with one base more before them, on the other strand, with the middle base "
      "substituted, and with a "
      "grid's lines elsewhere. A tokenizer that reads from the left cannot know the other strand.");
  ShownTable table;
  table.columns = {"tokenizer", "change", "units", "still there"};
  table.numeric = {false, false, true, true};
  for (const UnitRow& row : findings.rows) {
    for (const Stability& one : row.stability) {
      table.rows.push_back({row.segments.name, one.change, with_commas(one.units),
                            with_interval(one.share.value, one.share.low, one.share.high, false)});
    }
  }
  section.table(std::move(table));
  return section;
}

Section views(const UnitFindings& findings) {
  Section section("sequence", "Units over the sequence");
  if (!findings.viewed_taps.empty()) {
    section.note(
        "Below the units of a network: from each unit, where the taps of its deformable "
        "convolution "
        "read, as dark as what they read is multiplied by. Before training they read what stands "
        "before, at and behind it: units in the compact layout, bases in the sparse one.");
  }
  for (const UnitView& view : findings.views) {
    section.html(fmt::format("<figure class=\"scroll\">{}<figcaption>{}</figcaption></figure>\n",
                             view.svg, escape_html(view.region)));
  }
  return section;
}

}  // namespace

std::vector<Section> unit_sections(const UnitFindings& findings) {
  std::vector<Section> sections = {overview(findings), views(findings)};
  for (size_t l = 0; l < findings.landmarks.size(); ++l)
    sections.push_back(boundaries(findings, l));
  sections.push_back(codons(findings));
  sections.push_back(lengths(findings));
  sections.push_back(stabilities(findings));
  for (Section& one : network_sections(findings)) sections.push_back(std::move(one));
  return sections;
}

}  // namespace lexome
