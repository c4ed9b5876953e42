// What a file or folder is, as lines for people: one function a kind, for `lexome info`.
#pragma once

#include <string>

#include "lexome/genome.h"

namespace lexome::cli {

struct DescribeOptions {
  std::string format = "text";  // text | tsv (genomes: one row a contig)
  int threads = 1;
};

// Finds the kind by content, never by name alone. InputError when it is none that lexome knows.
std::string describe(const std::string& path, const DescribeOptions& options);

std::string describe_genome(const std::string& path, const DescribeOptions& options);
std::string describe_vocabulary(const std::string& path);
std::string describe_run(const std::string& folder);

// Machine, BLAS and measured rates, and what is slow and why.
std::string describe_machine(int threads);

}  // namespace lexome::cli
