// The tables of an analysis of units.
#include <fmt/format.h>

#include <cmath>

#include "segments/findings.h"

namespace lexome {
namespace {

const std::string kNothing = "n/a";

std::string rate(double value) { return std::isnan(value) ? "NA" : fixed(value); }
std::string excess(double value) { return std::isnan(value) ? "NA" : signed_fixed(value); }

void add_excess(const Excess& one, std::vector<std::string>* cells) {
  for (const double null : {one.null.precision, one.null.recall, one.null.f1})
    cells->push_back(rate(null));
  for (const double value :
       {one.value.precision, one.value.recall, one.value.f1, one.low, one.high})
    cells->push_back(excess(value));
}

ShownTable boundaries(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer",  "boundary",  "tolerance", "cuts",
                   "boundaries", "precision", "recall",    "f1"};
  for (const char* null : {"lengths", "gc"}) {
    for (const char* what : {"null_precision", "null_recall", "null_f1", "excess_precision",
                             "excess_recall", "excess_f1", "excess_f1_low", "excess_f1_high"}) {
      table.columns.push_back(fmt::format("{}_{}", null, what));
    }
  }
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = false;
  for (const UnitRow& row : findings.rows) {
    for (size_t l = 0; l < findings.landmarks.size(); ++l) {
      for (size_t t = 0; t < 3; ++t) {
        std::vector<std::string> cells = {row.segments.name, findings.landmarks[l],
                                          std::to_string(t)};
        if (row.agreements.empty()) {
          cells.resize(table.columns.size(), kNothing);
        } else {
          const Agreement& one = row.agreements[l][t];
          cells.insert(cells.end(),
                       {counted(one.cuts), counted(one.boundaries), rate(one.observed.precision),
                        rate(one.observed.recall), rate(one.observed.f1)});
          add_excess(one.lengths, &cells);
          add_excess(one.gc, &cells);
        }
        table.rows.push_back(std::move(cells));
      }
    }
  }
  return table;
}

ShownTable codons(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer",          "genes",
                   "in_phase",           "in_phase_low",
                   "in_phase_high",      "genes_with_introns",
                   "across_introns",     "across_introns_low",
                   "across_introns_high"};
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = false;
  for (const UnitRow& row : findings.rows) {
    std::vector<std::string> cells = {row.segments.name};
    if (row.segments.none.empty()) {
      for (const Mean* mean : {&row.codons.in_phase, &row.codons.across_introns}) {
        cells.push_back(counted(mean->count));
        for (const double value : {mean->value, mean->low, mean->high})
          cells.push_back(rate(value));
      }
    }
    cells.resize(table.columns.size(), kNothing);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

ShownTable lengths(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "class", "units", "mean", "sd", "median", "longest"};
  for (size_t l = 1; l < kLengthsShown; ++l) table.columns.push_back(fmt::format("share_{}", l));
  table.columns.push_back(fmt::format("share_{}_or_more", kLengthsShown));
  table.numeric.assign(table.columns.size(), true);
  table.numeric[0] = table.numeric[1] = false;
  for (const UnitRow& row : findings.rows) {
    for (const ClassLengths& one : row.lengths) {
      std::vector<std::string> cells = {row.segments.name,          one.name,
                                        counted(one.units),         fixed(one.mean, 3),
                                        fixed(one.deviation, 3),    std::to_string(one.median),
                                        std::to_string(one.longest)};
      for (const double share : one.shares) cells.push_back(fixed(share));
      table.rows.push_back(std::move(cells));
    }
  }
  return table;
}

ShownTable stabilities(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "change", "units", "kept", "share", "share_low", "share_high"};
  table.numeric = {false, false, true, true, true, true, true};
  for (const UnitRow& row : findings.rows) {
    for (const Stability& one : row.stability) {
      table.rows.push_back({row.segments.name, one.change, counted(one.units), counted(one.kept),
                            rate(one.share.value), rate(one.share.low), rate(one.share.high)});
    }
  }
  return table;
}

ShownTable segmentations(const UnitFindings& findings) {
  ShownTable table;
  table.columns = {"tokenizer", "about", "cuts", "forced_cuts"};
  table.numeric = {false, false, true, true};
  for (const UnitRow& row : findings.rows) {
    const bool some = row.segments.none.empty();
    table.rows.push_back(
        {row.segments.name,
         row.segments.about + (some ? "" : "; nothing to compare: " + row.segments.none),
         some ? counted(row.segments.count()) : kNothing,
         some ? counted(row.segments.forced) : kNothing});
  }
  return table;
}

}  // namespace

std::vector<std::pair<std::string, ShownTable>> unit_tables(const UnitFindings& findings) {
  std::vector<std::pair<std::string, ShownTable>> tables = {
      {"boundaries", boundaries(findings)},
      {"codons", codons(findings)},
      {"lengths", lengths(findings)},
      {"segmentations", segmentations(findings)},
      {"stability", stabilities(findings)}};
  for (auto& one : network_tables(findings)) tables.push_back(std::move(one));
  return tables;
}

}  // namespace lexome
