// What the audit of a suite's files found, in plain words first, then as a table.
#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "report/sections.h"

namespace lexome {
namespace {

constexpr double kToldThreshold = 0.5;

class AuditReader {
 public:
  explicit AuditReader(const TextTable& table) : table_(table) {}

  std::string text(size_t row, const char* column) const {
    const int found = table_.find(column);
    return found < 0 ? "" : table_.rows[row][static_cast<size_t>(found)];
  }
  double number(size_t row, const char* column) const {
    double value = 0;
    return parse_double(text(row, column), &value) ? value : std::nan("");
  }

 private:
  const TextTable& table_;
};

std::string share_words(double items, double of) {
  return of > 0 && std::isfinite(items) ? fmt::format("{:.1f} %", 100 * items / of) : "";
}

}  // namespace

Section audit_section(const EvaluationView& view) {
  const TextTable& audit = view.evaluation.audit;
  Section section(view.prefix + "audit", "Audit of the data");
  if (audit.rows.empty()) return section;
  const AuditReader reader(audit);
  ShownTable table;
  table.columns = {"task", "rows of", "stand in", "as", "containment", "items", "of", "share"};
  table.numeric = {false, false, false, false, true, true, true, true};
  std::vector<std::string> found;  // a sentence a task
  std::string last_task;
  size_t clean = 0;
  for (size_t i = 0; i < audit.rows.size(); ++i) {
    const double items = reader.number(i, "items"), of = reader.number(i, "of");
    const double threshold = reader.number(i, "threshold");
    // Near copies are told at the threshold that scores go by; the table has the others.
    const bool told = reader.text(i, "kind") != "near" || threshold == kToldThreshold;
    if (items > 0 && told) {
      const std::string task = reader.text(i, "task");
      std::string words = reader.text(i, "words");
      if (words.empty()) {
        words = fmt::format("{} of {} rows of {} stand in {} ({})", reader.text(i, "items"),
                            reader.text(i, "of"), reader.text(i, "side"), reader.text(i, "against"),
                            reader.text(i, "kind"));
      }
      if (found.empty() || last_task != task) {
        found.push_back(task + ": " + words);
      } else {
        found.back() += "; " + words;
      }
      last_task = task;
    } else if (!(items > 0)) {
      ++clean;
    }
    table.rows.push_back({reader.text(i, "task"), reader.text(i, "side"), reader.text(i, "against"),
                          reader.text(i, "kind"), threshold > 0 ? fixed(threshold, 1) : "",
                          std::isfinite(items) ? with_commas(std::llround(items)) : "",
                          std::isfinite(of) ? with_commas(std::llround(of)) : "",
                          share_words(items, of)});
  }
  section.note(
      "Copies are counted as they stand, as reverse complements, and by the share of canonical "
      "12-mers that one row of the other file holds. Scores on non-overlapping items leave out "
      "what has a near copy (half of its 12-mers) in train or dev. Other thresholds stand in the "
      "table.");
  for (std::string& sentence : found) sentence += ".";
  if (!found.empty()) section.list(found);
  if (clean > 0) {
    section.note(fmt::format("{} of {} checks found nothing.", clean, audit.rows.size()));
  }
  section.open_fold("Every check", table.rows.size() <= 20).table(std::move(table)).close_fold();
  return section;
}

}  // namespace lexome
