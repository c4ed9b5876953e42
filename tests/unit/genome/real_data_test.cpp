// Every genome of the data folder through packing and back, against the base and letter counts of
// its MANIFEST. Skipped with a line when the folder is not there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/text.h"
#include "folders.h"
#include "genome/annotation.h"
#include "genome/fasta.h"
#include "genome/twobit.h"
#include "genome_files.h"
#include "lexome/genome.h"

namespace lexome {
namespace {

using lexome_test::data_folder;

struct ManifestRow {
  std::string path, counts;
  int64_t records = 0;
};

// Rows of the genomes whose path passes `wanted`.
std::vector<ManifestRow> manifest(const std::function<bool(std::string_view path)>& wanted) {
  std::vector<ManifestRow> rows;
  LineReader lines(data_folder() + "/MANIFEST.tsv");
  std::map<std::string, size_t, std::less<>> column;
  for (std::string_view line; lines.next(&line);) {
    const auto fields = split(line, '\t');
    if (column.empty()) {
      for (size_t i = 0; i < fields.size(); ++i) {
        column.emplace(fields[i], i);
      }
    } else if (fields[0].substr(0, 8) == "genomes/" && wanted(fields[0])) {
      ManifestRow row{std::string(fields[0]), std::string(fields[column.at("counts")]), 0};
      parse_int(fields[column.at("records")], &row.records);
      rows.push_back(row);
    }
  }
  return rows;
}

// "total_bp=5; non_ACGT=1": the number after a key, -1 when it is not there.
int64_t count_of(const std::string& counts, std::string_view key) {
  for (const std::string_view field : split(counts, ';')) {
    const auto pair = split(trim(field), '=');
    int64_t value = 0;
    if (pair.size() == 2 && pair[0] == key && parse_int(pair[1], &value)) {
      return value;
    }
  }
  return -1;
}

bool is_annotation(std::string_view path) { return path.find(".gff") != std::string_view::npos; }

class RealGenomes : public testing::Test {
 protected:
  void SetUp() override {
#ifndef LEXOME_HTSLIB
    GTEST_SKIP() << "the genomes are compressed, and this build has no htslib";
#endif
    if (!std::filesystem::exists(data_folder() + "/MANIFEST.tsv")) {
      GTEST_SKIP() << "no data at " << data_folder() << " (set LEXOME_DATA)";
    }
  }
  ScratchFolder scratch_;
};

// A FASTA as packing promises to give it back: case kept, what is no base as N of its case.
std::string expected_text(const std::string& path) {
  FastaReader reader(path);
  std::string name, description, letters, text;
  while (reader.next(&name, &description, &letters)) {
    for (char& letter : letters) {
      const bool gap = (letter & 0x40) == 0;
      const uint8_t base = kBaseOfChar[static_cast<uint8_t>(letter)];
      letter = static_cast<char>(kBaseLetters[base] | (gap ? 0 : letter & 0x20));
    }
    text += fasta_text(name, letters, 60);
  }
  return text;
}

TEST_F(RealGenomes, PackAndComeBackWithTheCountsOfTheManifest) {
  const auto rows = manifest([](std::string_view path) { return !is_annotation(path); });
  ASSERT_GE(rows.size(), 30u);
  const std::string store = scratch_.path("x.2bit"), back = scratch_.path("back.fa");
  for (const ManifestRow& row : rows) {
    SCOPED_TRACE(row.path);
    const std::string source = data_folder() + "/" + row.path;
    const PackSummary summary = pack_fasta({source}, store, true, 2);
    EXPECT_EQ(summary.contigs, row.records);
    EXPECT_EQ(summary.bases, count_of(row.counts, "total_bp"));
    EXPECT_EQ(summary.n, count_of(row.counts, "non_ACGT"));

    const Genome genome = Genome::open(store);
    int64_t unknown = 0, masked = 0;
    for (int contig = 0; contig < static_cast<int>(genome.contigs().size()); ++contig) {
      unknown += genome.count_n(contig, 0, genome.contigs()[static_cast<size_t>(contig)].length);
      for (const Block& block : genome.mask_blocks(contig)) {
        masked += block.end - block.start;
      }
    }
    EXPECT_EQ(genome.total_bases(), summary.bases);
    EXPECT_EQ(unknown, summary.n);
    EXPECT_EQ(masked, summary.masked);

    unpack_genome(store, back, true, 60);
    EXPECT_TRUE(bytes_of(back) == expected_text(source)) << "case or N did not come back";
  }
}

TEST_F(RealGenomes, AnnotationsHaveTheCountsOfTheManifest) {
  const auto rows = manifest(is_annotation);
  ASSERT_GE(rows.size(), 4u);
  for (const ManifestRow& row : rows) {
    SCOPED_TRACE(row.path);
    const std::vector<Feature> features = read_features(data_folder() + "/" + row.path);
    EXPECT_EQ(static_cast<int64_t>(features.size()), row.records);
    std::map<std::string, int64_t> kinds;
    for (const Feature& feature : features) {
      ++kinds[feature.kind];
    }
    for (const char* kind : {"CDS", "exon"}) {
      EXPECT_EQ(kinds[kind], count_of(row.counts, kind));
    }
  }
}

}  // namespace
}  // namespace lexome
