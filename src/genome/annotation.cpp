// Intervals with names from BED, narrowPeak, GFF3 and GTF, and BED out. Each line is checked; the
// first that is wrong is refused with its number, because a skipped gene would change every result
// after it.
#include "genome/annotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "genome/fasta.h"
#include "lexome/error.h"

namespace lexome {
namespace {

enum class Kind { kBed, kGff, kGtf };

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::optional<Kind> find_kind(const std::string& path) {
  std::string lower = path;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string_view name = lower;
  for (const std::string_view zipped : {".gz", ".bgz"}) {
    if (ends_with(name, zipped)) {
      name.remove_suffix(zipped.size());
    }
  }
  for (const std::string_view bed : {".bed", ".narrowpeak", ".broadpeak"}) {
    if (ends_with(name, bed)) {
      return Kind::kBed;
    }
  }
  if (ends_with(name, ".gff") || ends_with(name, ".gff3")) {
    return Kind::kGff;
  }
  if (ends_with(name, ".gtf")) {
    return Kind::kGtf;
  }
  return std::nullopt;
}

Kind kind_of(const std::string& path) {
  if (const std::optional<Kind> kind = find_kind(path)) {
    return *kind;
  }
  throw InputError(
      fmt::format("{}: unknown kind of annotation; name it .bed, .narrowPeak, .broadPeak, .gff, "
                  ".gff3 or .gtf (.gz)",
                  path));
}

// One line of a file, for messages.
class Place {
 public:
  explicit Place(const LineReader& lines) : lines_(lines) {}
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(fmt::format("{}:{}: {}", lines_.path(), lines_.line_number(), what));
  }
  int64_t position(std::string_view text, const char* what) const {
    int64_t value = 0;
    if (!parse_int(text, &value) || value < 0) {
      fail(fmt::format("{} '{}' is not a position", what, text));
    }
    return value;
  }
  char strand(std::string_view text) const {
    if (text == "?" || text == "*") {  // GFF3's "relevant but unknown"; GenomicRanges' "either"
      return '.';
    }
    if (text != "+" && text != "-" && text != ".") {
      fail(fmt::format("strand '{}' is none of + - .", text));
    }
    return text.front();
  }
  double score(std::string_view text) const {
    double value = 0;
    if (text != "." && !text.empty() && !parse_double(text, &value)) {
      fail(fmt::format("score '{}' is not a number", text));
    }
    return value;
  }

 private:
  const LineReader& lines_;
};

// Fields of a BED line: tabs, or blanks when there is no tab.
std::vector<std::string_view> bed_fields(std::string_view line) {
  if (line.find('\t') != std::string_view::npos) {
    return split(line, '\t');
  }
  std::vector<std::string_view> fields = split(line, ' ');
  fields.erase(
      std::remove_if(fields.begin(), fields.end(), [](auto field) { return field.empty(); }),
      fields.end());
  return fields;
}

// The first three fields: contig, start, end.
Interval bed_interval(const std::vector<std::string_view>& fields, const Place& place) {
  Interval where;
  where.contig = fields[0];
  where.start = place.position(fields[1], "start");
  where.end = place.position(fields[2], "end");
  if (where.contig.empty()) {
    place.fail("the contig has no name");
  }
  if (where.end < where.start) {
    place.fail(fmt::format("end {} lies before start {}", where.end, where.start));
  }
  return where;
}

Feature parse_bed(std::string_view line, const Place& place) {
  const std::vector<std::string_view> fields = bed_fields(line);
  if (fields.size() < 3) {
    place.fail(
        fmt::format("{} columns, and BED has at least contig, start and end", fields.size()));
  }
  Feature feature;
  feature.where = bed_interval(fields, place);
  if (fields.size() > 3 && fields[3] != ".") {
    feature.name = fields[3];
  }
  if (fields.size() > 4) {
    feature.score = place.score(fields[4]);
  }
  if (fields.size() > 5) {
    feature.where.strand = place.strand(fields[5]);
  }
  if (fields.size() > 6) {
    feature.attributes = line.substr(static_cast<size_t>(fields[6].data() - line.data()));
  }
  return feature;
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
  };
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(16 * digit(text[i + 1]) + digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// The value of `key` among GFF3's "key=value;..." pairs, or "".
std::string gff_attribute(std::string_view attributes, std::string_view key) {
  for (std::string_view pair : split(attributes, ';')) {
    pair = trim(pair);
    if (pair.size() > key.size() && pair.substr(0, key.size()) == key && pair[key.size()] == '=') {
      return percent_decoded(pair.substr(key.size() + 1));
    }
  }
  return "";
}

// The value of `key` among GTF's `key "value"; ...` pairs, or "".
std::string gtf_attribute(std::string_view attributes, std::string_view key) {
  for (std::string_view pair : split(attributes, ';')) {
    pair = trim(pair);
    if (pair.size() > key.size() && pair.substr(0, key.size()) == key && pair[key.size()] == ' ') {
      std::string_view value = trim(pair.substr(key.size() + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return std::string(value);
    }
  }
  return "";
}

Feature parse_gff(std::string_view line, const Place& place, Kind kind) {
  const std::vector<std::string_view> fields = split(line, '\t');
  if (fields.size() != 9) {
    place.fail(fmt::format("{} columns, and GFF and GTF have 9 separated by tabs", fields.size()));
  }
  Feature feature;
  const int64_t first = place.position(fields[3], "start"), last = place.position(fields[4], "end");
  if (first < 1) {
    place.fail("positions are 1-based, so the first is 1");
  }
  if (last < first) {
    place.fail(fmt::format("end {} lies before start {}", last, first));
  }
  feature.where = {kind == Kind::kGff ? percent_decoded(fields[0]) : std::string(fields[0]),
                   first - 1, last, place.strand(fields[6])};
  if (feature.where.contig.empty()) {
    place.fail("the contig has no name");
  }
  feature.kind = fields[2];
  feature.score = place.score(fields[5]);
  feature.attributes = fields[8];
  // Some ".gff" files carry GTF's attributes, so each style is tried where the other gives nothing.
  if (kind == Kind::kGff) {
    feature.name = gff_attribute(fields[8], "ID");
    if (feature.name.empty()) {
      feature.name = gff_attribute(fields[8], "Name");
    }
  }
  if (feature.name.empty()) {
    feature.name = gtf_attribute(fields[8], "gene_id");
  }
  return feature;
}

bool starts_with_word(std::string_view line, std::string_view word) {
  return line.substr(0, word.size()) == word &&
         (line.size() == word.size() || line[word.size()] == ' ' || line[word.size()] == '\t');
}

bool is_browser_line(std::string_view line) {
  return starts_with_word(line, "track") || starts_with_word(line, "browser");
}

std::string one_field(std::string_view text) {
  std::string field(text.empty() ? "." : text);
  std::replace_if(
      field.begin(), field.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return field;
}

}  // namespace

std::string feature_attribute(const Feature& feature, std::string_view key) {
  const std::string value = gff_attribute(feature.attributes, key);
  return value.empty() ? gtf_attribute(feature.attributes, key) : value;
}

bool is_annotation_name(const std::string& path) { return find_kind(path).has_value(); }

std::vector<Feature> read_features(const std::string& path) {
  const Kind kind = kind_of(path);
  LineReader lines(path);
  const Place place(lines);
  std::vector<Feature> features;
  for (std::string_view line; lines.next(&line);) {
    if (kind == Kind::kGff && line.substr(0, 7) == "##FASTA") {
      break;  // the sequence follows
    }
    if (trim(line).empty() || line.front() == '#') {
      continue;
    }
    if (kind == Kind::kBed) {
      if (is_browser_line(line)) {
        continue;
      }
      features.push_back(parse_bed(line, place));
    } else {
      features.push_back(parse_gff(line, place, kind));
    }
    features.back().line = lines.line_number();
  }
  return features;
}

void read_bedgraph(
    const std::string& path,
    const std::function<void(const Interval& where, double value, int64_t line)>& use) {
  LineReader lines(path);
  const Place place(lines);
  for (std::string_view line; lines.next(&line);) {
    if (trim(line).empty() || line.front() == '#' || is_browser_line(line)) {
      continue;
    }
    const std::vector<std::string_view> fields = bed_fields(line);
    if (fields.size() != 4) {
      place.fail(
          fmt::format("{} columns, and bedGraph has contig, start, end and value", fields.size()));
    }
    const Interval where = bed_interval(fields, place);
    double value = 0;
    if (!parse_double(trim(fields[3]), &value) || !std::isfinite(value)) {
      place.fail(fmt::format("value '{}' is not a number", fields[3]));
    }
    use(where, value, lines.line_number());
  }
}

std::string bed_line(const Feature& feature) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", one_field(feature.where.contig),
                     feature.where.start, feature.where.end, one_field(feature.name),
                     format_number(feature.score), feature.where.strand);
}

}  // namespace lexome
