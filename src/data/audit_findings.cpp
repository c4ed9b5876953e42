// What copies mean for an evaluation, as counts and in plain words: every set in itself and in the
// sets before it, and every set in the genomes a model was pre-trained on.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/provenance.h"
#include "base/text.h"
#include "base/threads.h"
#include "data/audit.h"
#include "data/copy_sketch.h"
#include "data/duplicates.h"

namespace lexome {
namespace {

constexpr int kGenomeKmer = 24;
constexpr double kSurelyNear = 0.8;  // another label at this containment is a conflict

std::string count_of(int64_t items, int64_t of, const std::string& side) {
  const double share = of == 0 ? 0.0 : 100.0 * static_cast<double>(items) / static_cast<double>(of);
  const std::string percent =
      share < 10 ? fmt::format("{:.2g}", share) : fmt::format("{:.0f}", share);
  return fmt::format("{} of {} {} items ({} %)", with_commas(items), with_commas(of), side,
                     percent);
}

bool within(const AuditFinding& finding) { return finding.side == finding.against; }

std::string words_of(const AuditFinding& f) {
  const std::string head = count_of(f.items, f.of, f.side);
  const char* verb = f.items == 1 ? "stands" : "stand";
  const char* share = f.items == 1 ? "shares" : "share";
  const char* their = f.items == 1 ? "its" : "their";
  if (f.kind == "pretraining") {
    return fmt::format(
        "{} {} at least {:.0f} % of {} {}-mers with the pre-training genomes, on "
        "either strand: a model pre-trained there has read them",
        head, share, 100 * f.threshold, their, kGenomeKmer);
  }
  const std::string where = within(f) ? "a second time in " + f.against : "in " + f.against;
  if (f.kind == "exact") return fmt::format("{} {} {}, letter for letter", head, verb, where);
  if (f.kind == "reverse-complement") {
    return fmt::format("{} {} {} only as {} reverse complement", head, verb, where, their);
  }
  if (f.kind == "near") {
    return fmt::format("{} {} at least {:.0f} % of {} {}-mers with one {}item of {}", head, share,
                       100 * f.threshold, their, kCopyKmer, within(f) ? "other " : "", f.against);
  }
  return f.threshold > 0
             ? fmt::format(
                   "{}: the item of {} that is most alike, by at least {:.0f} % of its "
                   "{}-mers, has another label",
                   head, f.against, 100 * f.threshold, kCopyKmer)
             : fmt::format("{} {} {} with another label as well: no model can be right on both",
                           head, verb, where);
}

// Labels as text, because two sets may number their classes differently.
std::string label_of(const LabelledSet& set, const LabelledRow& row) {
  if (set.regression) return format_number(static_cast<double>(row.value));
  return row.label < 0 ? "" : set.classes[static_cast<size_t>(row.label)];
}

bool differ(const std::string& a, const std::string& b) {
  return !a.empty() && !b.empty() && a != b;
}

// Rows of `side` with a copy, on either strand, under another label.
int64_t copies_that_differ(const LabelledSet& side, const LabelledSet& against,
                           const NearestCopies& found, int threads) {
  const CopyIndex index({&against});
  std::vector<uint8_t> conflict(side.rows.size(), 0);
  constexpr int64_t kGrain = 1024;
  parallel_for(static_cast<int64_t>(side.rows.size()), kGrain, threads,
               [&](int64_t begin, int64_t end) {
                 std::vector<CopyIndex::Copy> copies;
                 for (int64_t i = begin; i < end; ++i) {
                   const auto at = static_cast<size_t>(i);
                   if (!found.exact[at] && !found.reverse[at]) continue;
                   const LabelledRow& row = side.rows[at];
                   const std::string label = label_of(side, row);
                   for (const Bases& bases : {row.bases, reverse_complement(row.bases)}) {
                     index.find(bases, &copies);
                     for (const CopyIndex::Copy& copy : copies) {
                       const LabelledRow& other = against.rows[static_cast<size_t>(copy.row)];
                       if (differ(label, label_of(against, other))) conflict[at] = 1;
                     }
                   }
                 }
               });
  return std::count(conflict.begin(), conflict.end(), uint8_t{1});
}

// Rows of `side` without a copy whose nearest row is nearly one and has another class.
int64_t near_that_differ(const LabelledSet& side, const LabelledSet& against,
                         const NearestCopies& found) {
  int64_t conflicts = 0;
  for (size_t i = 0; i < side.rows.size(); ++i) {
    if (found.exact[i] || found.reverse[i] ||
        found.containment[i] < static_cast<float>(kSurelyNear))
      continue;
    const LabelledRow& other = against.rows[static_cast<size_t>(found.nearest[i])];
    conflicts += differ(label_of(side, side.rows[i]), label_of(against, other));
  }
  return conflicts;
}

class Findings {
 public:
  Findings(std::string task, std::vector<AuditFinding>* out) : task_(std::move(task)), out_(out) {}
  void add(const std::string& side, const std::string& against, const char* kind, double threshold,
           int64_t items, int64_t of) {
    AuditFinding finding{task_, side, against, kind, threshold, items, of, ""};
    const bool rare = within(finding) || finding.kind == "label-conflict";
    if (items == 0 && rare) return;
    finding.words = words_of(finding);
    out_->push_back(std::move(finding));
  }

 private:
  std::string task_;
  std::vector<AuditFinding>* out_;
};

NearestCopies compare(const NamedSet& side, const NamedSet& against, int threads, Findings* out) {
  const LabelledSet& rows = *side.set;
  const NearestCopies found = nearest_copies(rows, *against.set, threads);
  const auto of = static_cast<int64_t>(rows.rows.size());
  int64_t exact = 0, reversed = 0;
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    exact += found.exact[i];
    reversed += found.reverse[i] && !found.exact[i];
  }
  out->add(side.name, against.name, "exact", 0, exact, of);
  out->add(side.name, against.name, "reverse-complement", 0, reversed, of);
  for (const double threshold : kCopyThresholds) {
    const int64_t near =
        std::count_if(found.containment.begin(), found.containment.end(),
                      [&](float share) { return share >= static_cast<float>(threshold); });
    out->add(side.name, against.name, "near", threshold, near, of);
  }
  out->add(side.name, against.name, "label-conflict", 0,
           copies_that_differ(rows, *against.set, found, threads), of);
  if (!rows.regression) {
    out->add(side.name, against.name, "label-conflict", kSurelyNear,
             near_that_differ(rows, *against.set, found), of);
  }
  return found;
}

}  // namespace

int64_t TaskAudit::near_copies() const {
  return std::count_if(containment.begin(), containment.end(),
                       [](float share) { return share >= static_cast<float>(kNearCopy); });
}

TaskAudit audit_sets(const std::string& task, const std::vector<NamedSet>& sets,
                     const GenomeSet* pretraining, int threads) {
  TaskAudit audit;
  Findings out(task, &audit.findings);
  for (size_t s = 0; s < sets.size(); ++s) {
    const std::vector<LabelledRow>& rows = sets[s].set->rows;
    const bool last = s + 1 == sets.size();
    if (last) audit.containment.assign(rows.size(), 0);
    if (rows.empty()) continue;
    for (size_t against = 0; against <= s; ++against) {
      if (sets[against].set->rows.empty()) continue;
      const NearestCopies found = compare(sets[s], sets[against], threads, &out);
      for (size_t i = 0; last && against < s && i < rows.size(); ++i) {
        audit.containment[i] = std::max(audit.containment[i], found.containment[i]);
      }
    }
    if (pretraining == nullptr) continue;
    const std::vector<float> share =
        containment_in_genomes(*sets[s].set, *pretraining, kGenomeKmer, threads);
    const auto of = std::count_if(share.begin(), share.end(), [](float x) { return x >= 0; });
    const auto items = std::count_if(share.begin(), share.end(),
                                     [](float x) { return x >= static_cast<float>(kNearCopy); });
    out.add(sets[s].name, "pre-training", "pretraining", kNearCopy, items, of);
  }
  return audit;
}

std::string audit_table(const std::vector<AuditFinding>& findings, const std::string& command) {
  std::string text = command.empty() ? "" : provenance_lines(command);
  text += "#task\tside\tagainst\tkind\tthreshold\titems\tof\twords\n";
  for (const AuditFinding& f : findings) {
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", f.task, f.side, f.against, f.kind,
                        f.threshold > 0 ? format_number(f.threshold) : "", f.items, f.of, f.words);
  }
  return text;
}

void write_audit(const std::vector<AuditFinding>& findings, const std::string& command,
                 const std::string& path, bool force) {
  OutputFile out(path, force);
  out.write(audit_table(findings, command));
  out.commit();
}

}  // namespace lexome
