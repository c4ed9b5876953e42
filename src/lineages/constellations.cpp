#include "lineages/constellations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "lexome/error.h"

namespace lexome {
namespace {

using Json = nlohmann::json;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// "spike" is S, "8" is ORF8, "1ab" and "orf1ab" are one.
std::string plain_name(const std::string& name) {
  const std::string text = lower(name);
  if (text == "spike") return "s";
  if (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front()))) return "orf" + text;
  return text;
}

class Reader {
 public:
  Reader(const std::vector<Gene>& genes, BasesView reference)
      : genes_(genes), reference_(reference) {
    join_polyprotein();
  }

  Constellation read(const std::string& path) const {
    Constellation one;
    one.path = path;
    Json json;
    try {
      json = Json::parse(read_text_file(path));
      const Json variant = json.value("variant", Json::object());
      one.lineage = variant.value("mrca_lineage", "");
      one.label = variant.value("WHO_label", "");
      for (const Json& text : json.at("sites")) {
        add(text.get<std::string>(), &one);
      }
    } catch (const Json::exception&) {
      throw InputError(path + ": no constellation: a JSON object with 'sites' is expected");
    }
    return one;
  }

 private:
  // The two frames of the polyprotein are one for sites named 1ab: the second starts where the
  // ribosome slips back by one base.
  void join_polyprotein() {
    const Gene* first = find("orf1a");
    const Gene* second = find("orf1b");
    if (first == nullptr || second == nullptr) return;
    Gene joined;
    joined.name = "ORF1ab";
    joined.parts = {first->parts.front(), second->parts.front()};
    const auto known = std::find_if(genes_.begin(), genes_.end(), [](const Gene& gene) {
      return plain_name(gene.name) == "orf1ab";
    });
    if (known != genes_.end()) genes_.erase(known);
    genes_.push_back(std::move(joined));
  }

  const Gene* find(const std::string& name) const {
    for (const Gene& gene : genes_) {
      if (plain_name(gene.name) == name) return &gene;
    }
    return nullptr;
  }

  void add(const std::string& text, Constellation* one) const {
    const size_t colon = text.find(':');
    if (colon == std::string::npos) refuse(*one, text, "is no site such as nuc:C913T or s:N501Y");
    const std::string place = lower(text.substr(0, colon)), what = text.substr(colon + 1);
    size_t digits = what.find_first_of("0123456789");
    size_t rest = what.find_first_not_of("0123456789", digits);
    int64_t position = 0;
    if (place == "del" || what.find('+') != std::string::npos) {
      ++one->left_out;
      return;
    }
    if (digits == std::string::npos || digits == 0 || rest == std::string::npos ||
        !parse_int(std::string_view(what).substr(digits, rest - digits), &position)) {
      refuse(*one, text, "is no site such as nuc:C913T or s:N501Y");
    }
    const std::string from = what.substr(0, digits), to = what.substr(rest);
    if (place == "nuc") {
      add_bases(text, from, position, to, one);
    } else {
      add_protein(text, plain_name(place), from, position, to, one);
    }
  }

  void add_bases(const std::string& text, const std::string& from, int64_t position,
                 const std::string& to, Constellation* one) const {
    for (size_t i = 0; i < from.size(); ++i) {
      const int64_t at = position + static_cast<int64_t>(i);
      if (at < 1 || at > static_cast<int64_t>(reference_.size())) {
        refuse(*one, text,
               fmt::format("lies outside the reference of {} bases", reference_.size()));
      }
      const auto index = static_cast<uint32_t>(at - 1);
      if (kBaseOfChar[static_cast<unsigned char>(from[i])] != reference_[index]) {
        refuse(*one, text,
               fmt::format("expects {} at position {}, but the reference has {} there", from[i], at,
                           kBaseLetters[reference_[index]]));
      }
      if (i >= to.size() || to[i] == '-') {
        ++one->left_out;
        continue;
      }
      one->sites.push_back({text, {index}, from.substr(i, 1), to.substr(i, 1), false});
    }
  }

  void add_protein(const std::string& text, const std::string& name, const std::string& from,
                   int64_t position, const std::string& to, Constellation* one) const {
    const Gene* gene = find(name);
    if (gene == nullptr) {
      ++one->left_out;
      return;
    }
    for (size_t i = 0; i < from.size(); ++i) {
      const std::vector<uint32_t> codon =
          codon_positions(*gene, position + static_cast<int64_t>(i));
      if (codon.empty()) refuse(*one, text, "lies outside " + gene->name);
      const char found =
          amino_acid(reference_[codon[0]], reference_[codon[1]], reference_[codon[2]]);
      if (found != from[i]) {
        refuse(
            *one, text,
            fmt::format("expects {} at codon {} of {}, but the reference has {} there (positions "
                        "{}-{}, {}{}{})",
                        from[i], position + static_cast<int64_t>(i), gene->name, found,
                        codon[0] + 1, codon[2] + 1, kBaseLetters[reference_[codon[0]]],
                        kBaseLetters[reference_[codon[1]]], kBaseLetters[reference_[codon[2]]]));
      }
      if (i >= to.size() || to[i] == '-') {
        ++one->left_out;
        continue;
      }
      one->sites.push_back({text, codon, from.substr(i, 1), to.substr(i, 1), true});
    }
  }

  [[noreturn]] static void refuse(const Constellation& one, const std::string& text,
                                  const std::string& why) {
    throw InputError(
        fmt::format("{}: site {} {}; is it of another reference?", one.path, text, why));
  }

  std::vector<Gene> genes_;
  BasesView reference_;
};

}  // namespace

std::vector<Constellation> read_constellations(const std::string& folder,
                                               const std::vector<Gene>& genes,
                                               BasesView reference) {
  if (!std::filesystem::is_directory(folder)) {
    throw IoError(folder + ": no folder; constellations are a folder of JSON files");
  }
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  }
  if (paths.empty()) throw InputError(folder + ": no constellation (.json) in this folder");
  std::sort(paths.begin(), paths.end());
  const Reader reader(genes, reference);
  std::vector<Constellation> all;
  for (const std::string& path : paths) all.push_back(reader.read(path));
  return all;
}

}  // namespace lexome
