#include "segments/landmarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "genome/annotation.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kPromoterBefore = 250, kPromoterAfter = 50;  // of a gene's first base

// Planted sites of a truth.bed that are motifs; splice signals are judged at their junctions.
constexpr std::array kPlantedMotifs = {"tata", "inr", "gcbox", "caat", "branch", "ebox", "gata"};
constexpr std::array kPlantedClasses = {"island", "microsatellite", "pair", "utr5", "utr3"};

std::string kind_of(const Feature& feature) {
  return feature.kind.empty() ? feature.name.substr(0, feature.name.find(':')) : feature.kind;
}

template <class Names>
bool is_one_of(const std::string& name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void merge(std::vector<Block>* blocks) {
  std::sort(blocks->begin(), blocks->end(),
            [](const Block& a, const Block& b) { return a.start < b.start; });
  std::vector<Block> merged;
  for (const Block& block : *blocks) {
    if (!merged.empty() && block.start <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, block.end);
    } else {
      merged.push_back(block);
    }
  }
  *blocks = std::move(merged);
}

// What is read of one transcript.
struct Transcript {
  std::vector<Interval> exons, coding;

  int64_t coding_bases() const {
    int64_t sum = 0;
    for (const Interval& part : coding) sum += part.length();
    return sum;
  }
};

class Reader {
 public:
  Reader(const Genome& genome, const std::vector<Studied>& regions)
      : genome_(genome), regions_(regions) {
    for (size_t i = 0; i < regions.size(); ++i) by_contig_[regions[i].contig].push_back(i);
  }

  void read(const std::string& path) {
    int64_t used = 0, foreign = 0;
    std::map<std::string, Transcript> transcripts;
    std::vector<Feature> planted_coding;
    for (const Feature& feature : read_features(path)) {
      if (genome_.find_contig(feature.where.contig) < 0) {
        ++foreign;
        continue;
      }
      ++used;
      take(feature, &transcripts, &planted_coding);
    }
    if (used == 0 && foreign > 0) {
      throw InputError(fmt::format("{}: none of its contigs is in {}; do their names differ?", path,
                                   genome_.path()));
    }
    add_transcripts(transcripts);
    add_planted(planted_coding);
    out_.notes.push_back(fmt::format(
        "Annotation: {}, {} features{}.", path, with_commas(used),
        foreign > 0 ? fmt::format(" ({} on contigs that the genome lacks)", with_commas(foreign))
                    : ""));
  }

  void read_motifs(const std::string& path) {
    int64_t count = 0;
    for (const Feature& feature : read_features(path)) {
      if (genome_.find_contig(feature.where.contig) < 0) continue;
      add_edges(feature.where, "motif");
      add_block(feature.where, "motif site");
      ++count;
    }
    out_.notes.push_back(fmt::format("Motifs: {}, {} sites.", path, with_commas(count)));
  }

  Landmarks finish() {
    add_repeats();
    choose_genes();
    add_classes();
    add_landmark("motif", whole_regions());
    add_landmark("splice", transcribed());
    add_codons();
    return std::move(out_);
  }

 private:
  void take(const Feature& feature, std::map<std::string, Transcript>* transcripts,
            std::vector<Feature>* planted_coding) {
    const std::string kind = kind_of(feature);
    const bool planted = feature.kind.empty();
    if (kind == "gene") {
      add_block(feature.where, "gene");
      add_promoter(feature.where);
    } else if (planted && kind == "cds") {
      planted_coding->push_back(feature);
    } else if (planted && kind == "intron") {
      add_block(feature.where, "intron");
      add_edges(feature.where, "splice");
    } else if (planted && kind == "exon") {
      add_block(feature.where, "exon");
    } else if (planted && kind == "repeat") {
      add_block(feature.where, "planted repeat");
    } else if (planted && is_one_of(kind, kPlantedMotifs)) {
      add_edges(feature.where, "motif");
      add_block(feature.where, "motif site");
    } else if (planted && is_one_of(kind, kPlantedClasses)) {
      add_block(feature.where, kind);
    } else if (kind == "exon" || kind == "CDS") {
      std::string parents = feature_attribute(feature, "Parent");
      if (parents.empty()) parents = feature_attribute(feature, "transcript_id");
      if (parents.empty()) parents = feature.name;
      for (const std::string_view parent : split(parents, ',')) {
        Transcript& transcript = (*transcripts)[std::string(parent)];
        (kind == "CDS" ? transcript.coding : transcript.exons).push_back(feature.where);
      }
    }
  }

  // Genes of a simulator: coding exons belong to the gene that they lie in.
  void add_planted(const std::vector<Feature>& coding) {
    std::map<std::string, CodingGene> genes;
    const RegionBlocks all = blocks_of("gene");
    for (const Feature& feature : coding) {
      const int region = region_of(feature.where);
      if (region < 0) continue;
      for (const Block& gene : all[static_cast<size_t>(region)]) {
        if (feature.where.start < gene.start || feature.where.end > gene.end) continue;
        CodingGene& one = genes[fmt::format("{}:{}", region, gene.start)];
        one.name = fmt::format("gene at {}", gene.start);
        one.region = static_cast<size_t>(region);
        one.strand = feature.where.strand;
        const int64_t phase = std::atoll(feature.name.c_str() + feature.name.find(':') + 1);
        one.parts.push_back({feature.where.start, feature.where.end, static_cast<int>(phase % 3)});
      }
    }
    for (auto& [name, gene] : genes) candidates_.push_back(std::move(gene));
  }

  void add_transcripts(std::map<std::string, Transcript>& transcripts) {
    for (auto& [name, transcript] : transcripts) {
      std::vector<Interval>& exons =
          transcript.exons.empty() ? transcript.coding : transcript.exons;
      const auto by_start = [](const Interval& a, const Interval& b) { return a.start < b.start; };
      std::sort(exons.begin(), exons.end(), by_start);
      std::sort(transcript.coding.begin(), transcript.coding.end(), by_start);
      for (size_t i = 0; i < exons.size(); ++i) {
        add_block(exons[i], "exon");
        if (i == 0 || exons[i].contig != exons[i - 1].contig) continue;
        const Interval intron = {exons[i].contig, exons[i - 1].end, exons[i].start, '.'};
        // Shorter gaps are shifts of the reading frame.
        if (intron.length() < kShortestIntron) continue;
        add_block(intron, "intron");
        add_edges(intron, "splice");
      }
      add_candidate(name, transcript);
    }
  }

  // A transcript whose coding exons make whole codons; others are cut, or shift their frame.
  void add_candidate(const std::string& name, const Transcript& transcript) {
    if (transcript.coding.empty() || transcript.coding_bases() % 3 != 0) return;
    CodingGene gene;
    gene.name = name;
    gene.strand = transcript.coding.front().strand;
    if (gene.strand == '.') return;
    int64_t read = 0;
    std::vector<Interval> parts = transcript.coding;
    if (gene.strand == '-') std::reverse(parts.begin(), parts.end());
    for (const Interval& part : parts) {
      const int region = region_of(part);
      if (region >= 0 && (gene.parts.empty() || gene.region == static_cast<size_t>(region))) {
        gene.region = static_cast<size_t>(region);
        gene.parts.push_back({part.start, part.end, static_cast<int>(read % 3)});
      }
      read += part.length();
    }
    if (!gene.parts.empty()) candidates_.push_back(std::move(gene));
  }

  // Of transcripts that overlap the one with most coding bases.
  void choose_genes() {
    const auto bases = [](const CodingGene& gene) {
      int64_t sum = 0;
      for (const CodingPart& part : gene.parts) sum += part.end - part.start;
      return sum;
    };
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [&](const CodingGene& a, const CodingGene& b) { return bases(a) > bases(b); });
    std::vector<std::map<int64_t, int64_t>> taken(regions_.size());
    for (CodingGene& gene : candidates_) {
      std::sort(gene.parts.begin(), gene.parts.end(),
                [](const CodingPart& a, const CodingPart& b) { return a.start < b.start; });
      const int64_t start = gene.parts.front().start, end = gene.parts.back().end;
      std::map<int64_t, int64_t>& spans = taken[gene.region];  // end -> start
      const auto next = spans.upper_bound(start);
      if (next != spans.end() && next->second < end) continue;
      spans.emplace(end, start);
      out_.genes.push_back(std::move(gene));
    }
    std::sort(out_.genes.begin(), out_.genes.end(), [](const CodingGene& a, const CodingGene& b) {
      return std::pair(a.region, a.parts[0].start) < std::pair(b.region, b.parts[0].start);
    });
  }

  void add_repeats() {
    for (size_t i = 0; i < regions_.size(); ++i) {
      for (const Block& block : genome_.mask_blocks(regions_[i].contig)) {
        clip(block.start, block.end, i, "repeat (soft mask)");
      }
    }
  }

  void add_classes() {
    for (auto& [name, blocks] : blocks_) {
      for (std::vector<Block>& each : blocks) merge(&each);
    }
    if (blocks_.count("gene") > 0) {
      RegionBlocks& between = blocks_["intergenic"];
      between.resize(regions_.size());
      for (size_t i = 0; i < regions_.size(); ++i) {
        int64_t from = regions_[i].where.start;
        for (const Block& gene : blocks_["gene"][i]) {
          if (gene.start > from) between[i].push_back({from, gene.start});
          from = gene.end;
        }
        if (from < regions_[i].where.end) between[i].push_back({from, regions_[i].where.end});
      }
    }
    for (auto& [name, blocks] : blocks_) {
      BaseClass one{name, blocks};
      if (one.bases() > 0) out_.classes.push_back(std::move(one));
    }
  }

  void add_landmark(const std::string& name, const RegionBlocks& area) {
    const auto found = edges_.find(name);
    if (found == edges_.end()) return;
    Landmark landmark{name, found->second, area};
    for (std::vector<int64_t>& at : landmark.at) sort_unique(&at);
    if (landmark.count() > 0) out_.landmarks.push_back(std::move(landmark));
  }

  void add_codons() {
    if (out_.genes.empty()) return;
    Landmark codons{"codon", std::vector<std::vector<int64_t>>(regions_.size()),
                    RegionBlocks(regions_.size())};
    for (const CodingGene& gene : out_.genes) {
      for (const CodingPart& part : gene.parts) {
        codons.area[gene.region].push_back({part.start, part.end});
        const std::vector<int64_t> at = codon_boundaries(part, gene.strand);
        codons.at[gene.region].insert(codons.at[gene.region].end(), at.begin(), at.end());
      }
    }
    for (std::vector<int64_t>& at : codons.at) sort_unique(&at);
    for (std::vector<Block>& area : codons.area) merge(&area);
    out_.landmarks.push_back(std::move(codons));
  }

  RegionBlocks whole_regions() const {
    RegionBlocks all;
    for (const Studied& region : regions_) all.push_back({{region.where.start, region.where.end}});
    return all;
  }
  RegionBlocks blocks_of(const std::string& name) const {
    const auto found = blocks_.find(name);
    RegionBlocks blocks = found == blocks_.end() ? RegionBlocks(regions_.size()) : found->second;
    for (std::vector<Block>& each : blocks) merge(&each);
    return blocks;
  }

  // Genes, and transcripts that lie in none.
  RegionBlocks transcribed() const {
    RegionBlocks all = blocks_of("gene");
    for (const char* const name : {"exon", "intron"}) {
      const RegionBlocks more = blocks_of(name);
      for (size_t i = 0; i < all.size(); ++i)
        all[i].insert(all[i].end(), more[i].begin(), more[i].end());
    }
    for (std::vector<Block>& each : all) merge(&each);
    return all;
  }

  void add_promoter(const Interval& gene) {
    Interval promoter = gene;
    promoter.start = gene.strand == '-' ? gene.end - kPromoterAfter : gene.start - kPromoterBefore;
    promoter.end = promoter.start + kPromoterBefore + kPromoterAfter;
    if (gene.strand != '.') add_block(promoter, "promoter");
  }

  // The region that holds all of it, or -1.
  int region_of(const Interval& where) const {
    const auto found = by_contig_.find(genome_.find_contig(where.contig));
    if (found == by_contig_.end()) return -1;
    for (const size_t i : found->second) {
      if (where.start >= regions_[i].where.start && where.end <= regions_[i].where.end)
        return static_cast<int>(i);
    }
    return -1;
  }

  void clip(int64_t start, int64_t end, size_t region, const std::string& name) {
    start = std::max(start, regions_[region].where.start);
    end = std::min(end, regions_[region].where.end);
    if (start >= end) return;
    RegionBlocks& blocks = blocks_[name];
    blocks.resize(regions_.size());
    blocks[region].push_back({start, end});
  }
  void add_block(const Interval& where, const std::string& name) {
    const auto found = by_contig_.find(genome_.find_contig(where.contig));
    if (found == by_contig_.end()) return;
    for (const size_t i : found->second) clip(where.start, where.end, i, name);
  }
  void add_edges(const Interval& where, const std::string& name) {
    const auto found = by_contig_.find(genome_.find_contig(where.contig));
    if (found == by_contig_.end()) return;
    auto& edges = edges_[name];
    edges.resize(regions_.size());
    for (const size_t i : found->second) {
      for (const int64_t edge : {where.start, where.end}) {
        if (edge > regions_[i].where.start && edge < regions_[i].where.end)
          edges[i].push_back(edge);
      }
    }
  }

  static constexpr int64_t kShortestIntron = 10;

  const Genome& genome_;
  const std::vector<Studied>& regions_;
  std::map<int, std::vector<size_t>> by_contig_;
  std::map<std::string, RegionBlocks> blocks_;
  std::map<std::string, std::vector<std::vector<int64_t>>> edges_;
  std::vector<CodingGene> candidates_;
  Landmarks out_;
};

}  // namespace

int64_t BaseClass::bases() const {
  int64_t sum = 0;
  for (const std::vector<Block>& each : blocks) {
    for (const Block& block : each) sum += block.end - block.start;
  }
  return sum;
}

int64_t Landmark::count() const {
  int64_t sum = 0;
  for (const std::vector<int64_t>& each : at) sum += static_cast<int64_t>(each.size());
  return sum;
}

int phase_at(const CodingPart& part, char strand, int64_t at) {
  const int64_t read = strand == '-' ? part.end - at : at - part.start;
  return static_cast<int>((part.phase + read) % 3);
}

std::vector<int64_t> codon_boundaries(const CodingPart& part, char strand) {
  std::vector<int64_t> boundaries;
  for (int64_t at = part.start; at <= part.end; ++at) {
    if (phase_at(part, strand, at) == 0) boundaries.push_back(at);
  }
  return boundaries;
}

Landmarks read_landmarks(const Genome& genome, const std::vector<Studied>& regions,
                         const std::vector<std::string>& annotations, const std::string& motifs) {
  Reader reader(genome, regions);
  for (const std::string& path : annotations) reader.read(path);
  if (!motifs.empty()) reader.read_motifs(motifs);
  return reader.finish();
}

}  // namespace lexome
