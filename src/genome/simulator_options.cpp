// The options of `lexome simulate`, with ranges, and the checks that involve more than one of them.
#include <fmt/format.h>

#include "base/text.h"
#include "genome/simulator.h"
#include "lexome/error.h"

namespace lexome {

Fields SimulateOptions::fields() {
  Fields f("simulate");
  f.integer("size", &size, 200'000, 20'000'000'000, "bases of the reference genome");
  f.integer("contigs", &contigs, 3, 1000, "contigs; whole contigs make the dev and test splits");
  f.integer("copies", &copies, 0, 20, "further species: mutated copies of the reference");
  f.number("divergence", &divergence, 0.0, 0.5, "substitutions a neutral base in a copy");
  f.number("constraint", &constraint, 0.0, 1.0, "relative substitution rate in functional bases");
  f.number("intergenic", &intergenic, 100, 1e6, "mean plain background bases a gene");
  f.number("repeats", &repeats, 0.0, 0.5, "share of bases in Alu-like repeats");
  f.number("microsatellites", &microsatellites, 0.0, 0.1, "share of bases in microsatellites");
  f.number("exons", &exons, 1, 30, "mean coding exons a gene");
  f.number("exon", &exon, 70, 2000, "median length of a coding exon");
  f.number("intron", &intron, 115, 100'000, "median length of an intron");
  f.number("islands", &islands, 0.0, 1.0, "share of promoters in a CpG island");
  f.number("tata", &tata, 0.0, 1.0, "share of promoters with a TATA box");
  f.number("initiator", &initiator, 0.0, 1.0, "share of promoters with an initiator");
  f.number("gc_box", &gc_box, 0.0, 1.0, "share of promoters with a GC box");
  f.number("caat_box", &caat_box, 0.0, 1.0, "share of promoters with a CAAT box");
  f.number("decoys", &decoys, 0.0, 4.0, "decoys a true site");
  f.integer("pairs", &pairs, 0, 100, "motif pairs a gene, and as many broken ones");
  f.integer("pair_gap", &pair_gap, 8, 60, "bases between the motifs of a pair");
  f.integer("pair_jitter", &pair_jitter, 0, 10, "how far the gap of a true pair strays");
  f.integer("train_rows", &train_rows, 0, 100'000'000, "most training rows a task");
  f.integer("dev_rows", &dev_rows, 0, 100'000'000, "most development rows a task");
  f.integer("test_rows", &test_rows, 0, 100'000'000, "most test rows a task");
  f.choice("format", &format, {"fasta", "2bit", "both"}, "how the genome is written");
  return f;
}

void SimulateOptions::check() const {
  if (size / contigs < 40'000)
    throw ConfigError(fmt::format(
        "simulate.size={} in simulate.contigs={} leaves less than 40,000 bases a contig: "
        "raise the size or lower the contigs",
        size, contigs));
  if (repeats + microsatellites > 0.5)
    throw ConfigError(fmt::format(
        "simulate.repeats={} and simulate.microsatellites={} together exceed half of the genome",
        format_number(repeats), format_number(microsatellites)));
  if (pair_gap - pair_jitter < 4)
    throw ConfigError(fmt::format(
        "simulate.pair_jitter={} leaves no room below simulate.pair_gap={}: the gap must stay >= 4",
        pair_jitter, pair_gap));
}

}  // namespace lexome
