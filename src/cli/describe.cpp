// Telling kinds apart, and the small kinds: vocabularies, safetensors, result tables, runs.
#include "cli/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/safetensors.h"
#include "base/text.h"
#include "data/labelled.h"
#include "genome/fasta.h"
#include "lexome/error.h"
#include "lexome/result_table.h"
#include "lexome/tokenizer.h"
#include "vocab/kmer_scan.h"
#include "vocab/pmi_table.h"
#include "vocab/saved.h"

namespace lexome::cli {
namespace {

namespace fs = std::filesystem;

std::string row(const char* name, const std::string& value) {
  return fmt::format("  {:<12} {}\n", name, value);
}

std::string describe_safetensors(const std::string& path) {
  const SafetensorsFile file(path);
  int64_t numbers = 0;
  std::set<std::string> dtypes;
  for (const auto& [name, tensor] : file.tensors()) {
    numbers += tensor.count();
    dtypes.insert(dtype_name(tensor.dtype));
  }
  return fmt::format("{}: safetensors\n", path) +
         row("tensors", with_commas(static_cast<int64_t>(file.tensors().size()))) +
         row("numbers", with_commas(numbers)) +
         row("types", fmt::format("{}", fmt::join(dtypes, ", ")));
}

std::string describe_pmi_table(const std::string& path) {
  const PmiTable table(path);
  const PmiHeader& header = table.header();
  std::string out = fmt::format("{}: PMI table\n", path) + row("what", describe_pmi(header));
  out += row("min_count", format_number(header.min_count));
  for (int n = 2; n <= header.longest; ++n) {
    if (!table.has("rank", n)) continue;
    const auto ranks = table.ranks(n);
    std::vector<std::string> best(std::min<size_t>(ranks.size(), 8));
    for (size_t code = 0; code < ranks.size(); ++code) {
      const auto place = static_cast<size_t>(ranks[code]) - 1;
      if (place < best.size()) best[place] = kmer_letters(code, n);
    }
    out += row(fmt::format("best {}-mers", n).c_str(), fmt::format("{}", fmt::join(best, " ")));
  }
  for (const auto& source : nlohmann::json::parse(header.sources)) {
    out += row("from", source.dump());
  }
  return out;
}

std::string describe_results(const std::string& path) {
  const ResultTable table = ResultTable::read(path);
  std::set<std::string> tasks, models, metrics;
  for (const ResultRow& result : table.rows) {
    tasks.insert(result.task);
    models.insert(result.model);
    metrics.insert(result.metric);
  }
  return fmt::format("{}: result table\n", path) +
         row("rows", with_commas(static_cast<int64_t>(table.rows.size()))) +
         row("tasks", fmt::format("{}", fmt::join(tasks, ", "))) +
         row("models", fmt::format("{}", fmt::join(models, ", "))) +
         row("metrics", fmt::format("{}", fmt::join(metrics, ", ")));
}

// The first bytes, decompressed where they are gzip.
std::string head_of(const std::string& path) {
  ByteSource source(path);
  std::string head(4096, '\0');
  head.resize(source.read(head.data(), head.size()));
  return head;
}

bool is_twobit(std::string_view head) {
  const std::string_view magic = head.substr(0, 4);
  return magic == "\x43\x27\x41\x1a" || magic == "\x1a\x41\x27\x43";
}

// The header line of a table: the first that is not "##...".
std::string_view header_line(std::string_view head) {
  for (const std::string_view line : split(head, '\n')) {
    if (line.substr(0, 2) != "##") return line;
  }
  return {};
}

bool has_ending(const std::string& path, std::string_view ending) {
  const std::string bare = path.size() > 3 && path.substr(path.size() - 3) == ".gz"
                               ? path.substr(0, path.size() - 3)
                               : path;
  return bare.size() > ending.size() && bare.substr(bare.size() - ending.size()) == ending;
}

std::string describe_labelled(const std::string& path) {
  constexpr size_t kMostClasses = 20;
  LabelledOptions options;
  options.need_labels = false;
  LabelledReader reader(path, options);
  LabelledRow sequence;
  std::string label;
  std::map<std::string, int64_t> labels;
  int64_t rows = 0, bases = 0, shortest = INT64_MAX, longest = 0;
  while (reader.next(&sequence, &label)) {
    const auto length = static_cast<int64_t>(sequence.bases.size());
    ++rows;
    bases += length;
    shortest = std::min(shortest, length);
    longest = std::max(longest, length);
    if (!label.empty()) ++labels[label];
  }
  if (rows == 0) throw InputError(path + " holds no sequence");
  std::string out = fmt::format("{}: labelled sequences\n", path);
  out += row("rows", with_commas(rows));
  out += row("bases", fmt::format("{}, {} to {} a row", with_commas(bases), with_commas(shortest),
                                  with_commas(longest)));
  if (labels.empty()) out += row("labels", "none");
  if (labels.size() > kMostClasses) {
    out += row("labels", fmt::format("{} different ones", labels.size()));
    return out;
  }
  for (const auto& [name, count] : labels) {
    out += row("label", fmt::format("{}: {} rows", name, with_commas(count)));
  }
  return out;
}

std::string first_line(const std::string& path) {
  const std::string text = read_text_file(path);
  return std::string(trim(text.substr(0, text.find('\n'))));
}

}  // namespace

std::string describe_vocabulary(const std::string& path) {
  const auto tokenizer = load_tokenizer(path);
  const Sees sees = tokenizer->sees();
  std::string out = fmt::format("{}: vocabulary ({})\n", path, tokenizer->kind());
  out += row("what", tokenizer->describe());
  for (int level = 0; level < tokenizer->num_levels(); ++level) {
    const SpecialIds ids = tokenizer->specials(level);
    std::vector<std::string> specials;
    for (const int32_t id : {ids.pad, ids.unk, ids.cls, ids.sep, ids.mask}) {
      if (id >= 0) specials.push_back(fmt::format("{}={}", tokenizer->token_text(id, level), id));
    }
    const std::string name =
        tokenizer->num_levels() > 1 ? fmt::format("level {}", level) : "tokens";
    out += row(name.c_str(), with_commas(tokenizer->vocab_size(level)) +
                                 "; special: " + fmt::format("{}", fmt::join(specials, " ")));
  }
  out += row("covers", tokenizer->tiles() ? "tile the sequence" : "overlap or leave gaps");
  out += row("sees", fmt::format("{} bases left, {} right of a cover", sees.left, sees.right));
  return out;
}

std::string describe_run(const std::string& folder) {
  const fs::path run(folder);
  fs::path checkpoint = run;
  std::string which;
  for (const char* marker : {"best", "last"}) {
    if (!which.empty() || !fs::is_regular_file(run / marker)) continue;
    which = first_line((run / marker).string());
    checkpoint = run / which;
  }
  std::string out = fmt::format("{}: {}\n", folder, which.empty() ? "checkpoint" : "run");
  if (!which.empty()) out += row("checkpoint", which);
  if (fs::exists(checkpoint / "tokenizer.json")) {
    out += row("vocabulary", vocabulary_about((checkpoint / "tokenizer.json").string()));
  }
  if (fs::exists(checkpoint / "state.json")) {
    const std::string origin = (checkpoint / "state.json").string();
    try {
      const auto state = nlohmann::json::parse(read_text_file(origin));
      for (const auto& [key, value] : state.items()) {
        if (value.is_primitive()) {
          out += row(key.c_str(), value.is_string() ? value.get<std::string>() : value.dump());
        }
      }
    } catch (const nlohmann::json::exception&) {
      throw FormatError(origin + " is damaged: not JSON");
    }
  }
  if (fs::exists(checkpoint / "model.safetensors")) {
    const SafetensorsFile file((checkpoint / "model.safetensors").string());
    int64_t numbers = 0;
    for (const auto& [name, tensor] : file.tensors()) numbers += tensor.count();
    out += row("parameters",
               fmt::format("{} in {} tensors", with_commas(numbers), file.tensors().size()));
  }
  if (fs::exists(run / "results.tsv")) {
    for (const ResultRow& result : ResultTable::read((run / "results.tsv").string()).rows) {
      out += row("result", fmt::format("{} {} {} {:.4f}", result.task, result.split, result.metric,
                                       result.value));
    }
  }
  return out;
}

std::string describe(const std::string& path, const DescribeOptions& options) {
  if (!fs::exists(path)) throw IoError("cannot open " + path, ENOENT);
  if (fs::is_directory(path)) {
    const fs::path folder(path);
    for (const char* file : {"recipe.toml", "model.safetensors", "last"}) {
      if (fs::exists(folder / file)) return describe_run(path);
    }
    if (fs::exists(folder / "tokenizer.json")) return describe_vocabulary(path);
    throw InputError(path + " is a folder, but neither a run nor a vocabulary");
  }
  const std::string head = head_of(path);
  const std::string_view text = trim(head);
  if (text.empty()) throw InputError(path + " is empty");
  if (is_twobit(head)) return describe_genome(path, options);
  if (text[0] == '>' || text[0] == ';') return describe_genome(path, options);
  const bool pmi = is_pmi_table(path);
  if (options.format != "text") {
    throw ConfigError(pmi ? "-O tsv writes one PMI table at a time"
                          : "-O tsv is for genomes and PMI tables; " + path + " is neither");
  }
  if (pmi) return describe_pmi_table(path);
  if (text[0] == '{') return describe_vocabulary(path);
  if (head.size() > 8 && head[8] == '{') return describe_safetensors(path);
  const std::string_view header = header_line(text);
  if (header.find("metric") != std::string_view::npos &&
      header.find("value") != std::string_view::npos) {
    return describe_results(path);
  }
  for (const char* ending : {".csv", ".tsv", ".txt"}) {
    if (has_ending(path, ending)) return describe_labelled(path);
  }
  throw InputError(path +
                   " is none of what lexome knows: FASTA, .2bit, vocabulary, run folder, "
                   "safetensors, result table or labelled CSV/TSV");
}

}  // namespace lexome::cli
