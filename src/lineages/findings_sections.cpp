// The report of an analysis of lineages.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lineages/findings.h"

namespace lexome {
namespace {

const MethodScore* find_score(const LineageFindings& findings, const std::string& view,
                              const std::string& method) {
  for (const MethodScore& one : findings.scores) {
    if (one.view == view && one.method == method) return &one;
  }
  return nullptr;
}

const MethodScore* best_probe(const LineageFindings& findings, const std::string& view) {
  const MethodScore* best = nullptr;
  for (const MethodScore& one : findings.scores) {
    if (one.view != view || one.what != "linear probe") continue;
    if (best == nullptr || one.macro_f1 > best->macro_f1) best = &one;
  }
  return best;
}

std::vector<std::string> sentences(const LineageFindings& findings) {
  std::vector<std::string> out;
  for (const std::string view : {"genomes", "windows"}) {
    const MethodScore* probe = best_probe(findings, view);
    const MethodScore* hamming = find_score(findings, view, "Hamming");
    const MethodScore* unknown = find_score(findings, view, "unknown bases");
    out.push_back(fmt::format(
        "{}: the best linear probe is of {} (macro-F1 {:.3f}); Hamming distance to the nearest "
        "training genome reaches {:.3f}, where unknown bases stand alone tells {:.3f}.",
        view == "genomes" ? "Whole genomes" : "Windows", probe->method, probe->macro_f1,
        hamming->macro_f1, unknown->macro_f1));
  }
  out.push_back(fmt::format(
      "{:.0f} % of the tested windows equal the reference's, and {} of {} windows hold a defining "
      "site; no reader of single windows can exceed a macro-F1 of {:.3f}.",
      100 * findings.reference_share, findings.windows_with_site, findings.windows,
      find_score(findings, "windows", "any reader of letters and place")->macro_f1));
  if (!findings.unsplit.empty()) {
    out.push_back(fmt::format("Classes that no subtree splits by more than {} substitutions: {}.",
                              kFarApart, fmt::join(findings.unsplit, ", ")));
  }
  if (!findings.task.without_test.empty()) {
    out.push_back(fmt::format("Classes without genomes on both sides, left out: {}.",
                              fmt::join(findings.task.without_test, ", ")));
  }
  return out;
}

}  // namespace

std::vector<Section> lineage_sections(const LineageFindings& findings) {
  std::vector<Section> sections;
  Section& overview = sections.emplace_back("overview", "What was found");
  overview.list(sentences(findings)).heading("What was done").list(findings.notes);
  sections.emplace_back("classes", "Classes")
      .note(
          "Nearest: substitutions between a tested genome and the nearest training genome of any "
          "class. Genomes are counted once.")
      .table(class_table(findings));
  sections.emplace_back("genomes", "Whole genomes")
      .note(
          "A linear probe reads how often each token stands in a genome; the others read the "
          "sequence itself. Training counts classes evenly.")
      .table(score_table(findings, "genomes"));
  sections.emplace_back("windows", "Windows")
      .note(
          "All windows of a genome stand on its side. A window without a defining site can only be "
          "told by what else its lineage carries there. The first row is an upper bound: no reader "
          "of a window's letters and place can exceed it, for windows with the same letters at "
          "the same place cannot be told apart. Each of its figures is the best for that figure "
          "alone.")
      .table(score_table(findings, "windows"));
  sections.emplace_back("spaces", "How the classes lie")
      .note(
          "Whole genomes, Euclidean distance. Silhouettes of all genomes, mean over classes; "
          "tested genomes by their 15 nearest training genomes; Jensen-Shannon divergence (bits) "
          "of token usage between pairs of classes, and between a class's training and tested "
          "genomes.")
      .table(space_table(findings));
  Section& maps = sections.emplace_back("maps", "Genomes as points");
  maps.note(
      "Principal components of whole genomes (of at most 500, evenly drawn from the list); crosses "
      "are tested genomes.");
  for (size_t m = 0; m < findings.maps.size(); ++m) {
    maps.figure(point_map(fmt::format("map-{}", m + 1), genome_points(findings, findings.maps[m])));
  }
  Section& track = sections.emplace_back("track", "Along the genome");
  track.note(
      "Shares of each class's genomes that differ from the reference, with defining sites "
      "as dots; below, for each vocabulary and level, how many bases read otherwise when a "
      "defining "
      "site is changed.");
  track.figure(
      {"along", "track", "Mutations by class, and what edits change.", track_json(findings), ""});
  sections.emplace_back("distances", "Distances and the tree")
      .note(fmt::format(
          "{} genomes, one a subtree. Spearman correlation over pairs of genomes of the Euclidean "
          "distance in a representation with the tree's distance, and with Hamming distance, the "
          "distance of 6-mers and that of the same network untrained (how far it is one of these). "
          "Then with the tree's when others are given: what a representation adds to Hamming "
          "distance, to it and 6-mers, to it and the untrained network. Empty where nothing is "
          "left, or nothing is given.",
          findings.apart))
      .table(distance_table(findings));
  sections.emplace_back("edits", "Edits at defining sites")
      .note(
          "The observed base put into the reference at defining sites, against the same "
          "substitution at places with the same neighbours, codon position and gene that no leaf "
          "changes. Bases whose token or code changes, mean; the farthest one; p by exchanging "
          "sites with their controls.")
      .table(edit_table(findings));
  if (!findings.recombinations.empty()) {
    sections.emplace_back("recombinants", "Recombinants")
        .note(
            "Recombinant genomes whose part left of the breakpoint is nearer to the left parent, "
            "and whose right part is nearer to the right one.")
        .table(recombinant_table(findings));
  }
  return sections;
}

}  // namespace lexome
