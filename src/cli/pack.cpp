// lexome pack: FASTA to .2bit.
#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/verbs.h"
#include "genome/fasta.h"

namespace lexome::cli {

void run_pack(CommandLine& line) {
  std::vector<std::string> inputs;
  OutputOptions output;
  int threads = 0;
  std::string gaps = "n";
  line.operands("FASTA", &inputs, "plain, gzip or BGZF; - reads stdin");
  add_output(line, &output, "OUT.2bit", "the packed genome", true);
  line.choice("--gaps", "POLICY", &gaps, {"n", "drop", "refuse"},
              "what alignment gaps become: N, nothing or an error");
  add_threads(line, &threads);
  if (!line.parse()) return;
  const GapPolicy policy = gaps == "drop"     ? GapPolicy::kDrop
                           : gaps == "refuse" ? GapPolicy::kRefuse
                                              : GapPolicy::kReadAsN;
  const PackSummary packed =
      pack_fasta(inputs, output.path, output.force, thread_count(threads), policy);
  log::info("{}: {} contigs, {} bases, {} N, {} soft-masked", output.path,
            with_commas(packed.contigs), with_commas(packed.bases), with_commas(packed.n),
            with_commas(packed.masked));
}

}  // namespace lexome::cli
