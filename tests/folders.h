// Where tests find things outside their binary: the checkout itself, and real data beside it.
#pragma once

#include <cstdlib>
#include <string>

namespace lexome_test {

std::string checkout_folder();

// $LEXOME_DATA, or shared/data beside the checkout. May not exist: tests then skip and say so.
inline std::string data_folder() {
  const char* given = std::getenv("LEXOME_DATA");
  return given != nullptr ? given : checkout_folder() + "/../shared/data";
}

}  // namespace lexome_test
