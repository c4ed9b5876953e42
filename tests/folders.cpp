#include "folders.h"

namespace lexome_test {

std::string checkout_folder() { return LEXOME_CHECKOUT; }

}  // namespace lexome_test
