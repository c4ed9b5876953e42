#include "segments/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/log.h"
#include "base/output_folder.h"
#include "base/provenance.h"
#include "base/text.h"
#include "data/tokenize_cells.h"
#include "genome/annotation.h"
#include "lexome/error.h"
#include "report/point_map.h"
#include "report/sequence_view.h"
#include "segments/findings.h"
#include "vocab/pmi_table.h"

namespace lexome {
namespace {

constexpr int64_t kMostBases = 500'000'000;
constexpr int64_t kCodon = 3;
constexpr int64_t kMostViewed = 5'000;
constexpr size_t kLookedInto = 400;  // stretches between a network's lines

void check(const UnitsRequest& request) {
  if (request.genome.empty()) {
    throw ConfigError("analyze units needs the sequence that is cut: -g GENOME");
  }
  if (request.tokenizers.empty() && request.tables.empty() && request.segments.empty()) {
    throw ConfigError(
        "analyze units has nothing to look at: name tokenizers or runs with -m, tables of n-grams "
        "with --ngrams, or BED files with --segments");
  }
}

// One colour to the left, one to the right, and grey for the unit's own place.
size_t link_kind(int64_t tap) { return tap == 0 ? 7 : tap < 0 ? 1 : 0; }

class UnitAnalysis {
 public:
  explicit UnitAnalysis(const UnitsRequest& request)
      : request_(request), genome_(Genome::open(request.genome, request.genome_options)) {}

  UnitFindings run() {
    open_regions();
    landmarks_ = read_landmarks(genome_, regions_, request_.annotations, request_.motifs);
    findings_.notes.insert(findings_.notes.end(), landmarks_.notes.begin(), landmarks_.notes.end());
    findings_.has_genes = !landmarks_.genes.empty();
    for (const Landmark& landmark : landmarks_.landmarks)
      findings_.landmarks.push_back(landmark.name);
    if (landmarks_.landmarks.empty()) {
      log::warn(
          "no motif, splice or codon boundary in the regions: only lengths are compared; name "
          "annotation with -a and sites of motifs with --motifs");
    }
    cut();
    for (UnitRow& row : findings_.rows) judge(&row);
    look_inside();
    for (const std::string& view : request_.views) findings_.views.push_back(draw(view));
    describe();
    return std::move(findings_);
  }

  size_t genes() const { return landmarks_.genes.size(); }

 private:
  void open_regions() {
    std::vector<Interval> asked;
    for (const std::string& text : request_.regions) asked.push_back(parse_region(text));
    if (!request_.bed.empty()) {
      for (const Feature& feature : read_features(request_.bed)) asked.push_back(feature.where);
      if (asked.empty()) throw InputError(request_.bed + ": no region in it");
    }
    // An estimate before any base is read.
    int64_t bases = asked.empty() ? genome_.total_bases() : 0;
    for (const Interval& region : asked) bases += std::max<int64_t>(0, region.length());
    if (bases > kMostBases) {
      throw InputError(fmt::format(
          "{} bases are too many to hold at once: name regions with -r (at most {} in all)",
          with_commas(bases), with_commas(kMostBases)));
    }
    regions_ = studied_regions(genome_, std::move(asked));
    for (const std::string& view : request_.views) region_of_view(view);
    int64_t unknown = 0;
    for (const Studied& region : regions_) {
      findings_.bases += region.where.length();
      unknown += std::count(region.bases.begin(), region.bases.end(), kN);
    }
    if (findings_.bases == 0) throw InputError(request_.genome + ": no base to look at");
    if (unknown == findings_.bases) {
      throw InputError("every base of the regions is N: there is nothing to cut");
    }
    findings_.notes.push_back(fmt::format("Looked at: {} bases of {} in {} regions ({} are N).",
                                          with_commas(findings_.bases), request_.genome,
                                          regions_.size(), with_commas(unknown)));
  }

  // Without a cutter, cuts are given and cannot be made of other bases.
  void add(Segmentation segments, const Cutter& cutter = nullptr, int64_t own_lines = 0) {
    UnitRow row;
    row.segments = std::move(segments);
    if (cutter && row.segments.none.empty())
      row.stability = stability(cutter, own_lines, regions_, request_.seed);
    findings_.rows.push_back(std::move(row));
  }

  void cut() {
    for (const CuttingTokenizer& one : request_.tokenizers) {
      add(segment(one.name, *one.tokenizer, one.own_lines, genome_, regions_, request_.threads),
          cutter_of(one.tokenizer), one.own_lines);
    }
    for (const std::string& path : request_.tables) {
      const PmiTable table(path);
      const std::string suffix = request_.tables.size() > 1 ? " (" + path + ")" : "";
      for (const auto& by : {pmi_segments, entropy_segments}) {
        const auto cut = [&](const std::vector<Studied>& regions) {
          return by(table, regions, request_.threads);
        };
        Segmentation segments = cut(regions_);
        segments.name += suffix;
        add(std::move(segments), cutter_of(cut));
      }
    }
    for (const std::string& text : request_.segments) {
      const size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0) {
        throw ConfigError("--segments " + text + ": write NAME=FILE");
      }
      add(segments_of_bed(text.substr(0, equals), text.substr(equals + 1), genome_, regions_));
    }
    for (int64_t phase = 0; phase < kCodon; ++phase) add(ruler(kCodon, phase, regions_));
    if (!landmarks_.landmarks.empty()) add(oracle());
  }

  // Cuts at every known boundary and nowhere else: what could be had.
  Segmentation oracle() const {
    Segmentation out;
    out.name = "oracle";
    out.about = "cuts at all boundaries that the annotation holds, and nowhere else";
    out.cuts.resize(regions_.size());
    for (size_t i = 0; i < regions_.size(); ++i) {
      std::vector<int64_t>& cuts = out.cuts[i];
      for (const Landmark& landmark : landmarks_.landmarks) {
        for (const int64_t at : landmark.at[i]) {
          if (at > regions_[i].where.start && at < regions_[i].where.end) cuts.push_back(at);
        }
      }
      sort_unique(&cuts);
    }
    return out;
  }

  void judge(UnitRow* row) const {
    if (!row->segments.none.empty()) return;
    AgreementOptions options;
    options.draws = request_.draws;
    options.seed = request_.seed;
    options.threads = request_.threads;
    for (const Landmark& landmark : landmarks_.landmarks)
      row->agreements.push_back(agreement(regions_, row->segments, landmark, options));
    row->lengths = class_lengths(regions_, row->segments, landmarks_.classes);
    row->codons = codon_phases(row->segments, landmarks_.genes, request_.seed);
  }

  static const InsideUnits* network_of(const CuttingTokenizer& one) {
    return dynamic_cast<const InsideUnits*>(one.tokenizer.get());
  }

  void look_inside() {
    findings_.seed = request_.seed;
    for (const CuttingTokenizer& one : request_.tokenizers) {
      const InsideUnits* const network = network_of(one);
      if (network == nullptr) continue;
      const std::vector<UnitRead> reads =
          sampled_reads(genome_, regions_, *network, kLookedInto, request_.seed);
      for (const bool trained : {true, false}) {
        const auto fresh = trained ? nullptr : network->untrained(request_.seed);
        findings_.networks.push_back(network_units(one.name, trained, trained ? *network : *fresh,
                                                   reads, landmarks_.classes, request_.seed));
      }
      findings_.notes.push_back(fmt::format(
          "Looked into {}: the units of {} stretches of {} bases{}, as points and for what taps "
          "read; a map shows at most {} sequences, drawn at random.",
          one.name, reads.size(), network->core(),
          reads.size() == kLookedInto ? ", drawn at random" : "", with_commas(kMostMapped)));
      log::info("{}", findings_.notes.back());
    }
  }

  std::vector<SequenceLink> links(const CuttingTokenizer& one, size_t region,
                                  const Interval& view) {
    std::vector<SequenceLink> out;
    const InsideUnits* const network = network_of(one);
    if (network == nullptr) return out;
    for (ViewedTap& tap :
         taps_over(one.name, *network,
                   reads_over(genome_, regions_, *network, region, view.start, view.end), view)) {
      if (!std::isnan(tap.reads)) {
        out.push_back({tap.from, tap.reads, tap.modulation / 2, link_kind(tap.tap),
                       fmt::format("tap {:+d}: offset {:+.2f}, modulation {:.2f}", tap.tap,
                                   tap.offset, tap.modulation)});
      }
      findings_.viewed_taps.push_back(std::move(tap));
    }
    return out;
  }

  // The studied region that a view lies in, and the view itself.
  std::pair<size_t, Interval> region_of_view(const std::string& text) const {
    Interval view = checked_regions(genome_, {parse_region(text)}).front();
    if (view.length() > kMostViewed) {
      throw ConfigError(fmt::format("--view {}: {} bases are too many to draw (at most {})", text,
                                    with_commas(view.length()), with_commas(kMostViewed)));
    }
    for (size_t i = 0; i < regions_.size(); ++i) {
      const Interval& where = regions_[i].where;
      if (where.contig == view.contig && view.start >= where.start && view.end <= where.end)
        return {i, view};
    }
    throw ConfigError(fmt::format("--view {}: not within the regions that are looked at", text));
  }

  UnitView draw(const std::string& text) {
    const auto [r, view] = region_of_view(text);
    const Studied& region = regions_[r];
    const auto near = [&view = view](int64_t start, int64_t end) {
      return end > view.start && start < view.end;
    };
    std::vector<SequenceTrack> units, annotation;
    for (size_t i = 0; i < findings_.rows.size(); ++i) {
      const UnitRow& row = findings_.rows[i];
      if (!row.segments.none.empty()) continue;
      SequenceTrack& track = units.emplace_back();
      track.name = row.segments.name;
      const std::vector<int64_t> edges = unit_edges(region, row.segments.cuts[r]);
      for (size_t e = 0; e + 1 < edges.size(); ++e) {
        if (near(edges[e], edges[e + 1])) track.parts.push_back({edges[e], edges[e + 1]});
      }
      if (i >= request_.tokenizers.size()) continue;
      track.links_name = "taps";
      track.links = links(request_.tokenizers[i], r, view);
    }
    for (const BaseClass& one : landmarks_.classes) {
      SequenceTrack& track = annotation.emplace_back();
      track.name = one.name;
      for (const auto& block : one.blocks[r]) {
        if (near(block.start, block.end)) track.parts.push_back({block.start, block.end});
      }
    }
    const auto first = region.bases.begin() + (view.start - region.where.start);
    const Bases bases(first, first + view.length());
    return {text,
            svg_sequence("units over " + text, to_letters(bases), view.start, units, annotation)};
  }

  void describe() {
    for (const Landmark& landmark : landmarks_.landmarks) {
      findings_.notes.push_back(
          fmt::format("{} boundaries: {}.", landmark.name, with_commas(landmark.count())));
    }
    if (findings_.has_genes) {
      findings_.notes.push_back(fmt::format(
          "Reading frames: {} genes, of each locus the longest coding transcript of whole codons.",
          with_commas(static_cast<int64_t>(landmarks_.genes.size()))));
    }
    findings_.notes.push_back(fmt::format(
        "Nulls are means of {} draws; intervals (95 %) draw stretches of 10 kb afresh 1,000 times.",
        request_.draws));
  }

  const UnitsRequest& request_;
  Genome genome_;
  std::vector<Studied> regions_;
  Landmarks landmarks_;
  UnitFindings findings_;
};

}  // namespace

UnitsSummary analyze_units(const UnitsRequest& request) {
  check(request);
  OutputFolder folder(request.out, "boundaries.tsv", "an analysis of units", request.force);
  UnitAnalysis analysis(request);
  const UnitFindings findings = analysis.run();
  const std::string head = request.provenance ? provenance_lines(request.command) : "";
  for (const auto& [name, table] : unit_tables(findings)) {
    write_text_file(folder.file(name + ".tsv"), head + tsv_table(table));
  }
  PageHead title{"Units", ""};
  if (request.provenance) {
    title.provenance =
        fmt::format("lexome {} ({}), {}", version(), build_commit(), request.command);
  }
  const std::vector<Section> sections = unit_sections(findings);
  write_text_file(folder.file("report.html"), page_html(title, sections));
  write_text_file(folder.file("report.md"), page_markdown(title, sections));
  folder.commit();
  return {findings.rows.size(), findings.landmarks.size(), analysis.genes(), findings.bases};
}

}  // namespace lexome
