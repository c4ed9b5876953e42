// The table itself.
#include "models/registry.h"

#include "base/text.h"
#include "lexome/error.h"

namespace lexome {

std::vector<ModelEntry> model_registry() {
  return {
      {"dnabert", "BERT over tokens, as DNABERT uses it (Ji et al. 2021)", dnabert_maker},
      {"logo", "LOGO's light BERT with a narrow embedding (Yang et al. 2022)", logo_maker},
      {"mxdna", "nucleotides in, tokens of its own making inside (Qiao et al. 2024)", mxdna_maker},
      {"vqdna", "BERT on the codes of a frozen learned vocabulary (VQDNA, arXiv 2405.10812)",
       vqdna_maker},
  };
}

ModelEntry model_entry(const std::string& name) {
  std::vector<std::string> names;
  for (const ModelEntry& entry : model_registry()) {
    if (name == entry.name) return entry;
    names.emplace_back(entry.name);
  }
  const std::string near = nearest_name(name, names);
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  throw ConfigError("no model is called '" + name + "'" +
                    (near.empty() ? "" : " (did you mean " + near + "?)") + "; known: " + known);
}

}  // namespace lexome
