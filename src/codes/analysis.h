// `lexome analyze codes`: what the codes of a learned vocabulary stand for, beside what 6-mers,
// clusters of windows and an untrained network tell of the same bases. The labellings come from the
// floors that know networks; all that is asked of them is here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codes/annotations.h"
#include "codes/labelling.h"
#include "codes/levels.h"
#include "codes/strand.h"
#include "codes/use.h"
#include "lexome/genome.h"
#include "motifs/families.h"
#include "motifs/tomtom.h"
#include "report/page.h"

namespace lexome {

struct CodesRequest {
  std::string vocabulary;  // folder of a learned vocabulary
  std::string genome;      // PATH
  GenomeOptions genome_options;
  std::vector<std::string> regions;  // "chr1:1,001-2,000"; none: contigs, as far as `bases` goes
  int64_t bases = 4'000'000;         // at most, without regions
  std::vector<std::string> annotations;  // BED, GFF
  std::vector<std::string> databases;    // of motifs, MEME or TRANSFAC; may be empty
  std::string taxon;                     // of the motifs; empty: all
  int shifts = 1000;
  std::string out;  // folder
  bool force = false, provenance = true;
  uint64_t seed = 1;
  int threads = 1;
  std::string command;
};

// Whole contigs, or evenly spaced pieces where there is more than `request.bases`, or the regions.
// A sentence says what was taken. InputError: no base that is known, regions off their contig.
std::vector<Stretch> code_stretches(const CodesRequest& request, std::vector<std::string>* notes);

struct CodeMotif {
  int32_t label = 0;
  MatrixMatch match;
};

// What is known of one labelling. `labelling` has no labels any more.
struct LabellingFindings {
  Labelling labelling;
  CodeUse use;
  CodeProfiles profiles;
  AnnotationFindings annotations;
  std::vector<CodeMotif> motifs;               // best match of the most used labels, by E-value
  size_t motifs_sought = 0, motifs_found = 0;  // at E <= kMatrixEValue
  StrandAnswer strand;
};

struct CodesFindings {
  std::vector<LabellingFindings> labellings;  // learned ones first
  std::vector<Annotation> annotations;        // without their ranges
  std::vector<LevelPair> pairs;               // of neighbouring levels
  std::vector<Motif> motifs;
  std::vector<MotifFamily> families;
  std::vector<size_t> family_of;
  int64_t bases = 0, known = 0;
  std::vector<std::string> notes;
};

// Annotations and motifs, which labellings are then held against: read before any network runs,
// for their files may be refused. Throws InputError, FormatError.
CodesFindings read_references(const std::vector<Stretch>& stretches, const CodesRequest& request,
                              std::vector<std::string> notes);
// Fills in the rest.
void analyze_labellings(const std::vector<Stretch>& stretches, std::vector<Labelling> labellings,
                        const CodesRequest& request, CodesFindings* findings);

std::vector<std::pair<std::string, ShownTable>> code_tables(const CodesFindings& findings);
std::vector<Section> code_sections(const CodesFindings& findings);
// The sections' parts.
ShownTable use_table(const CodesFindings& findings);
ShownTable annotation_table(const CodesFindings& findings);
ShownTable level_table(const CodesFindings& findings);
ShownTable strand_table(const CodesFindings& findings);
// The columns worth looking at: those at both ends that tell less than 0.1 bits are cut off.
std::vector<MotifColumn> told_columns(const std::vector<MotifColumn>& columns);

// Tables, codes.meme, report.html and report.md in `folder`.
void write_findings(const CodesFindings& findings, const CodesRequest& request,
                    const std::string& folder);

struct CodesSummary {
  int64_t bases = 0;
  size_t labellings = 0, enriched = 0, enriched_words = 0;  // pairs of label and annotation
};

}  // namespace lexome
