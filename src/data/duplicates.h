// Rows of labelled sets that are copies of one another or nearly so: exact, reverse complement, and
// by containment of canonical 12-mers. Candidates come from a sketch, every reported number from an
// exact count, so that a million rows take minutes and no pair above the threshold is made up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/labelled.h"
#include "lexome/genome.h"

namespace lexome {

// Equal sequences, found by hash and compared base by base.
class CopyIndex {
 public:
  // The sets must outlive the index.
  explicit CopyIndex(std::vector<const LabelledSet*> sets);
  struct Copy {
    int32_t set = 0;  // place in the list given
    int64_t row = 0;
  };
  // All rows that are these bases exactly, ordered by set and row. For copies on the other strand
  // ask with the reverse complement.
  void find(BasesView bases, std::vector<Copy>* copies) const;

 private:
  struct Entry {
    uint64_t hash;
    int32_t set;
    int64_t row;
  };
  std::vector<const LabelledSet*> sets_;
  std::vector<Entry> entries_;  // by hash, then set and row
};

// How row i of one set stands to the rows of another.
struct NearestCopies {
  std::vector<float> containment;       // largest share of its canonical 12-mers in one row there
  std::vector<int64_t> nearest;         // that row, -1 when none was found
  std::vector<uint8_t> exact, reverse;  // stands there as it is, as its reverse complement
};

// Each row of `rows` against the rows of `others` (for a set against itself: against the other
// rows). A containment of 0.5 or more is found but for one row in 10^10, one of 0.3 but for one in
// 3,600, lower ones are often given as 0. A row that is nearer than the one found is missed once in
// 10^4 times, and from 0.95 on no nearer one is looked for. Exempt are rows whose shared 12-mers
// stand in hundreds of others: those are compared with a sample of them. Rows without a known
// 12-mer have containment 1 when they have a copy, else 0. Memory beyond the sets: about 0.6 KB a
// row, for at most two million rows at a time.
NearestCopies nearest_copies(const LabelledSet& rows, const LabelledSet& others, int threads);

// The containments at which near copies are reported; kNearCopy alone decides what counts as seen.
inline constexpr double kCopyThresholds[] = {0.3, 0.5, 0.8};
inline constexpr double kNearCopy = 0.5;

// One line of an audit: `items` of `of` rows of `side` stand in `against`.
struct AuditFinding {
  std::string task, side, against;  // "test", "train"
  std::string kind;      // exact | reverse-complement | near | label-conflict | pretraining
  double threshold = 0;  // of containment, for near and pretraining
  int64_t items = 0, of = 0;
  std::string words;  // the finding as a sentence for people
};

// A set under the name that findings call it by.
struct NamedSet {
  std::string name;
  const LabelledSet* set = nullptr;
};

struct TaskAudit {
  std::vector<AuditFinding> findings;
  // Of each row of the last set: the largest containment in one row of any set before it.
  std::vector<float> containment;
  int64_t near_copies() const;  // rows of the last set at kNearCopy or above
};

// Every set in itself and in the sets before it, so the order is train, dev, test; sets without
// rows are passed over. With genomes, also the share of each set's rows that stand in them
// (canonical 24-mers). Findings of 0 items are kept between sets, where they are good news, and
// left out within one.
TaskAudit audit_sets(const std::string& task, const std::vector<NamedSet>& sets,
                     const GenomeSet* pretraining, int threads);

// A tab-separated table with a `#` header: task, side, against, kind, threshold, items, of, words.
// Without a command, no `##` lines.
std::string audit_table(const std::vector<AuditFinding>& findings, const std::string& command);
void write_audit(const std::vector<AuditFinding>& findings, const std::string& command,
                 const std::string& path, bool force);

}  // namespace lexome
