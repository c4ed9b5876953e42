// lexome unpack: .2bit back to FASTA.
#include "cli/common.h"
#include "cli/verbs.h"
#include "genome/fasta.h"

namespace lexome::cli {

void run_unpack(CommandLine& line) {
  std::string input;
  OutputOptions output{"-", false};
  int width = 60;
  line.operand("GENOME", &input, "a .2bit file");
  add_output(line, &output, "OUT.fa", "FASTA, BGZF when it ends in .gz; - is stdout", false);
  line.integer("--width", "N", &width, 1, 1'000'000'000, "letters a line");
  if (!line.parse()) return;
  unpack_genome(input, output.path, output.force, width);
}

}  // namespace lexome::cli
