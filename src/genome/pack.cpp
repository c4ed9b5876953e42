// FASTA to .2bit and back. What packing does not keep (ambiguity letters, gaps, U) is counted and
// said; case and N come back exactly as they were.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "genome/fasta.h"
#include "genome/twobit.h"
#include "lexome/error.h"

namespace lexome {
namespace {

constexpr int64_t kContigsToSay = 20;

bool is_gap(char letter) { return letter == '-' || letter == '.' || letter == '*'; }

// Feeds one FASTA after the other into a writer and keeps the accounts.
class Packer {
 public:
  Packer(const std::string& out, bool force, GapPolicy gaps)
      : writer_(out, force), gaps_(gaps), progress_("packing", 0, "bp") {}

  void add(const std::string& input, int threads) {
    FastaReader reader(input, threads);
    const std::string shown = input == "-" ? "standard input" : input;
    reader.read(
        [&](std::string_view name, std::string_view) {
          close_contig();
          name_ = name;
          where_ = fmt::format("{}:{}", shown, reader.line_number());
          writer_.begin_contig(name_, where_);
          open_ = true;
        },
        [&](std::string_view letters) { add_letters(letters); });
    close_contig();
  }

  PackSummary finish(const std::string& inputs) {
    if (summary_.bases == 0) {
      throw InputError(fmt::format("{}: headers without any sequence", inputs));
    }
    if (contigs_changed_ > kContigsToSay) {
      log::info("{} more contigs had letters read as N or T",
                with_commas(contigs_changed_ - kContigsToSay));
    }
    writer_.finish();
    progress_.finish();
    return summary_;
  }

 private:
  void add_letters(std::string_view letters) {
    if (gaps_ != GapPolicy::kReadAsN && std::any_of(letters.begin(), letters.end(), is_gap)) {
      if (gaps_ == GapPolicy::kRefuse) {
        throw InputError(fmt::format(
            "{}: sequence '{}' has alignment gaps; drop them or read them as N", where_, name_));
      }
      without_gaps_.assign(letters);
      const auto kept = std::remove_if(without_gaps_.begin(), without_gaps_.end(), is_gap);
      dropped_ += without_gaps_.end() - kept;
      without_gaps_.erase(kept, without_gaps_.end());
      letters = without_gaps_;
    }
    writer_.append(letters.data(), letters.size());
    progress_.update(summary_.bases + writer_.length());
  }

  void close_contig() {
    if (!open_) {
      return;
    }
    open_ = false;
    writer_.end_contig();
    const LetterCounts& counts = writer_.counts();
    const int64_t length = writer_.length();
    say_changes(counts, length);
    ++summary_.contigs;
    summary_.bases += length;
    summary_.n += counts.n;
    summary_.masked += counts.masked;
    summary_.iupac += counts.iupac;
    summary_.gaps += counts.gaps + dropped_;
    summary_.uracil += counts.uracil;
    dropped_ = 0;
  }

  void say_changes(const LetterCounts& counts, int64_t length) {
    if (length == 0) {
      log::warn("{}: sequence '{}' is empty", where_, name_);
    }
    // Real proteins hold letters no nucleotide code has, so this is only a suspicion.
    constexpr int64_t kShortest = 20;
    if (length >= kShortest && 2 * counts.iupac > length) {
      log::warn("{}: more than half of sequence '{}' are ambiguity letters; is it protein?", where_,
                name_);
    }
    std::string changes;
    const auto note = [&](int64_t count, const char* what) {
      if (count > 0) {
        changes += fmt::format("{}{} {}", changes.empty() ? "" : ", ", with_commas(count), what);
      }
    };
    note(counts.iupac, "IUPAC letters read as N");
    note(counts.gaps, "gaps read as N");
    note(dropped_, "gaps dropped");
    note(counts.uracil, "U read as T");
    if (!changes.empty() && contigs_changed_++ < kContigsToSay) {
      log::info("contig {}: {}", name_, changes);
    }
  }

  TwoBitWriter writer_;
  GapPolicy gaps_;
  Progress progress_;
  PackSummary summary_;
  std::string name_, where_, without_gaps_;
  bool open_ = false;
  int64_t dropped_ = 0;          // gaps, in this contig
  int64_t contigs_changed_ = 0;  // said or counted
};

// Letters of [start, end) with case restored; `next_mask` is the first mask run that may matter and
// moves on with the position.
void restore_case(const std::vector<Block>& masks, int64_t start, int64_t end, size_t* next_mask,
                  std::string* letters) {
  while (*next_mask < masks.size() && masks[*next_mask].start < end) {
    const Block& mask = masks[*next_mask];
    const int64_t from = std::max(mask.start, start), to = std::min(mask.end, end);
    for (int64_t i = from; i < to; ++i) {
      (*letters)[static_cast<size_t>(i - start)] |= 0x20;
    }
    if (mask.end > end) {
      return;
    }
    ++*next_mask;
  }
}

}  // namespace

PackSummary pack_fasta(const std::vector<std::string>& inputs, const std::string& out, bool force,
                       int threads, GapPolicy gaps) {
  Packer packer(out, force, gaps);
  std::string all;
  for (const std::string& input : inputs) {
    packer.add(input, threads);
    all += (all.empty() ? "" : ", ") + input;
  }
  return packer.finish(all);
}

void unpack_genome(const std::string& twobit, const std::string& out, bool force, int width) {
  if (width < 1) {
    throw ConfigError(fmt::format("line width {} is below 1", width));
  }
  const TwoBitFile file(twobit);
  OutputFile output(out, force);
  const int64_t lines_at_once = std::max<int64_t>(1, (int64_t{256} << 10) / width);
  Bases bases;
  std::string letters, text;
  for (size_t record = 0; record < file.records().size(); ++record) {
    const TwoBitFile::Record& contig = file.records()[record];
    output.write(">" + contig.name + "\n");
    const std::vector<Block>& masks = file.mask_blocks(record);
    size_t next_mask = 0;
    for (int64_t start = 0; start < contig.length; start += lines_at_once * width) {
      const int64_t end = std::min(contig.length, start + lines_at_once * width);
      bases.resize(static_cast<size_t>(end - start));
      file.fetch(record, start, end, bases.data());
      letters = to_letters(bases);
      restore_case(masks, start, end, &next_mask, &letters);
      text.clear();
      for (size_t at = 0; at < letters.size(); at += static_cast<size_t>(width)) {
        text.append(letters, at, static_cast<size_t>(width));
        text += '\n';
      }
      output.write(text);
    }
  }
  output.commit();
}

}  // namespace lexome
