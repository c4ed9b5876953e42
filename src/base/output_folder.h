// A folder that appears whole or not at all: files go into a temporary folder beside it, which is
// renamed on commit. Without commit, also on a fatal signal, the temporary is removed.
#pragma once

#include <string>

#include "base/file.h"

namespace lexome {

class OutputFolder {
 public:
  // ConfigError when `path` exists (unless `force`), or holds files but not `marker`, the one that
  // every folder of this kind has: only one's own folders are replaced. `what` names the kind in
  // messages ("a simulated genome").
  OutputFolder(const std::string& path, const std::string& marker, const std::string& what,
               bool force);
  const std::string& path() const { return beside_.path(); }  // where to write
  std::string file(const std::string& name) const { return path() + "/" + name; }
  void commit();  // the old folder, if any, goes only after the new one has its name

 private:
  std::string target_;
  TemporaryPath beside_;
};

}  // namespace lexome
