#include "codes/analysis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/file.h"
#include "base/log.h"
#include "base/provenance.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/tokenize_cells.h"
#include "lexome/error.h"
#include "motifs/findings.h"
#include "motifs/motif_file.h"

namespace lexome {
namespace {

constexpr int64_t kPiece = 100'000;      // bases of a piece of a large genome
constexpr size_t kMotifsSought = 100;    // labels of a labelling
constexpr int64_t kFewestForMotif = 20;  // occurrences behind a matrix
constexpr double kTold = 0.1;            // bits
constexpr size_t kFewestColumns = 5;

Stretch read_stretch(const Genome& genome, int contig, int64_t start, int64_t end) {
  Stretch stretch;
  stretch.contig = genome.contigs()[static_cast<size_t>(contig)].name;
  stretch.start = start;
  stretch.bases.resize(static_cast<size_t>(end - start));
  genome.fetch(contig, start, end, stretch.bases.data());
  return stretch;
}

// Pieces of kPiece bases, as far apart as `bases` allows, over all contigs.
std::vector<Stretch> pieces_of(const Genome& genome, int64_t bases) {
  const int64_t total = genome.total_bases(), pieces = std::max<int64_t>(1, bases / kPiece);
  std::vector<Stretch> out;
  int64_t before = 0, piece = 0;
  for (int contig = 0; contig < static_cast<int>(genome.contigs().size()); ++contig) {
    const int64_t length = genome.contigs()[static_cast<size_t>(contig)].length;
    for (; piece < pieces; ++piece) {
      const int64_t at = total / pieces * piece - before;
      if (at >= length) break;
      out.push_back(read_stretch(genome, contig, at, std::min(length, at + kPiece)));
    }
    before += length;
  }
  return out;
}

}  // namespace

std::vector<Stretch> code_stretches(const CodesRequest& request, std::vector<std::string>* notes) {
  const Genome genome = Genome::open(request.genome, request.genome_options);
  std::vector<Stretch> stretches;
  if (!request.regions.empty()) {
    std::vector<Interval> regions;
    for (const std::string& text : request.regions) regions.push_back(parse_region(text));
    for (const Interval& region : checked_regions(genome, regions)) {
      stretches.push_back(
          read_stretch(genome, genome.contig_index(region.contig), region.start, region.end));
    }
    notes->push_back(
        fmt::format("Bases: {} of {}.", fmt::join(request.regions, ", "), request.genome));
  } else if (genome.total_bases() <= request.bases) {
    for (int contig = 0; contig < static_cast<int>(genome.contigs().size()); ++contig) {
      const int64_t length = genome.contigs()[static_cast<size_t>(contig)].length;
      stretches.push_back(read_stretch(genome, contig, 0, length));
    }
    notes->push_back(
        fmt::format("Bases: all {} of {}.", with_commas(genome.total_bases()), request.genome));
  } else {
    stretches = pieces_of(genome, request.bases);
    notes->push_back(fmt::format("Bases: {} evenly spaced pieces of {} of {} ({} bases; --bases).",
                                 stretches.size(), with_commas(kPiece), request.genome,
                                 with_commas(genome.total_bases())));
    log::info("{}", notes->back());
  }
  const auto known = [](const Stretch& stretch) {
    return std::any_of(stretch.bases.begin(), stretch.bases.end(), [](Base b) { return b != kN; });
  };
  stretches.erase(std::remove_if(stretches.begin(), stretches.end(),
                                 [&](const Stretch& one) { return !known(one); }),
                  stretches.end());
  if (stretches.empty()) throw InputError(request.genome + ": no known base to look at");
  return stretches;
}

std::vector<MotifColumn> told_columns(const std::vector<MotifColumn>& columns) {
  size_t first = 0, end = columns.size();
  while (first < end && information(columns[first]) < kTold) ++first;
  while (end > first && information(columns[end - 1]) < kTold) --end;
  return {columns.begin() + static_cast<ptrdiff_t>(first),
          columns.begin() + static_cast<ptrdiff_t>(end)};
}

static void search_motifs(const MatrixSearch& search, int threads, LabellingFindings* findings) {
  std::vector<const CodeProfile*> sought;
  for (const CodeProfile& profile : findings->profiles.profiles) {
    if (sought.size() == kMotifsSought || profile.count < kFewestForMotif) break;
    sought.push_back(&profile);
  }
  findings->motifs_sought = sought.size();
  std::vector<CodeMotif> matches(sought.size());
  parallel_for(static_cast<int64_t>(sought.size()), 1, threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      matches[i].label = sought[i]->label;
      const std::vector<MotifColumn> columns = told_columns(sought[i]->columns);
      matches[i].match.e_value = -1;  // nothing to compare
      if (columns.size() >= kFewestColumns) matches[i].match = search.search(columns).front();
    }
  });
  for (const CodeMotif& one : matches) {
    if (one.match.e_value < 0) continue;
    findings->motifs.push_back(one);
    findings->motifs_found += one.match.e_value <= kMatrixEValue;
  }
  std::stable_sort(
      findings->motifs.begin(), findings->motifs.end(),
      [](const CodeMotif& a, const CodeMotif& b) { return a.match.e_value < b.match.e_value; });
}

CodesFindings read_references(const std::vector<Stretch>& stretches, const CodesRequest& request,
                              std::vector<std::string> notes) {
  CodesFindings findings;
  findings.notes = std::move(notes);
  for (const Stretch& stretch : stretches) {
    findings.bases += static_cast<int64_t>(stretch.bases.size());
    findings.known += std::count_if(stretch.bases.begin(), stretch.bases.end(),
                                    [](Base base) { return base != kN; });
  }
  std::vector<std::string> left_out;
  findings.annotations = read_annotations(request.annotations, stretches, &left_out);
  if (!left_out.empty()) {
    findings.notes.push_back(
        fmt::format("Annotations that cover none or all of these bases are "
                    "left out: {}.",
                    fmt::join(left_out, ", ")));
    log::warn("{}", findings.notes.back());
  }
  for (const std::string& path : request.databases) {
    for (Motif& motif : read_motifs(path)) findings.motifs.push_back(std::move(motif));
  }
  size_t unstated = 0;
  if (!findings.motifs.empty()) {
    findings.motifs = of_taxon(std::move(findings.motifs), request.taxon, &unstated);
    findings.families = motif_families(findings.motifs, request.threads);
    findings.family_of.resize(findings.motifs.size());
    for (size_t f = 0; f < findings.families.size(); ++f)
      for (const size_t i : findings.families[f].members) findings.family_of[i] = f;
  }
  return findings;
}

void analyze_labellings(const std::vector<Stretch>& stretches, std::vector<Labelling> labellings,
                        const CodesRequest& request, CodesFindings* findings) {
  ShiftOptions shifts;
  shifts.shifts = request.shifts;
  shifts.seed = request.seed;
  shifts.threads = request.threads;
  const Labelling* before = nullptr;
  for (const Labelling& labelling : labellings) {
    if (labelling.kind != LabelKind::kLearned) continue;
    if (before != nullptr)
      findings->pairs.push_back(level_pair(stretches, *before, labelling, request.seed));
    before = &labelling;
  }
  for (Labelling& labelling : labellings) {
    log::info("looking at {}", labelling.name);
    LabellingFindings one;
    one.use = code_use(labelling);
    one.profiles = code_profiles(stretches, labelling);
    one.annotations = annotation_enrichment(labelling, findings->annotations, shifts);
    one.strand = strand_answer(stretches, labelling);
    if (!findings->motifs.empty())
      search_motifs(MatrixSearch(findings->motifs), request.threads, &one);
    labelling.labels.clear();
    labelling.reverse.clear();
    one.labelling = std::move(labelling);
    findings->labellings.push_back(std::move(one));
  }
  for (Annotation& annotation : findings->annotations) annotation.ranges.clear();
}

void write_findings(const CodesFindings& findings, const CodesRequest& request,
                    const std::string& folder) {
  const std::string head = request.provenance ? provenance_lines(request.command) : "";
  for (const auto& [name, table] : code_tables(findings))
    write_text_file(folder + "/" + name + ".tsv", head + tsv_table(table));
  std::vector<Motif> motifs;
  for (const LabellingFindings& one : findings.labellings) {
    if (one.labelling.kind != LabelKind::kLearned) continue;
    for (const CodeProfile& profile : one.profiles.profiles) {
      Motif motif;
      motif.id = fmt::format("level{}.{}", one.labelling.level, profile.label);
      motif.name = motif.id;
      motif.sites = static_cast<double>(profile.count);
      motif.columns = profile.columns;
      motifs.push_back(std::move(motif));
    }
  }
  write_text_file(folder + "/codes.meme", meme_text(motifs));
  PageHead title{"Codes", ""};
  if (request.provenance) {
    title.provenance =
        fmt::format("lexome {} ({}), {}", version(), build_commit(), request.command);
  }
  const std::vector<Section> sections = code_sections(findings);
  write_text_file(folder + "/report.html", page_html(title, sections));
  write_text_file(folder + "/report.md", page_markdown(title, sections));
}

}  // namespace lexome
