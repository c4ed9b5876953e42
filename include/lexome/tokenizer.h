// The Tokenizer interface: bases to tokens that know their covers, and back. Tokenizers are
// immutable and thread-safe; how one is trained stands apart (vocab/registry.h). Learned tokenizers
// implement the same interface below the torch line.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lexome/tokens.h"
#include "lexome/window.h"

namespace lexome {

// How far beyond its cover, left and right, a base can change a token (0 for k-mers).
struct Sees {
  int64_t left = 0;
  int64_t right = 0;
};

// Ids of the special tokens of a level; -1 where a vocabulary has none.
struct SpecialIds {
  int32_t pad = -1, unk = -1, cls = -1, sep = -1, mask = -1;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual std::string_view kind() const = 0;  // its name in the registry: "kmer"
  virtual std::string describe() const = 0;  // one line for people: "6-mers, stride 1, 4101 tokens"
  virtual Sees sees() const { return {}; }
  virtual bool tiles() const = 0;  // do covers tile the window without gap or overlap?
  // Is the cover of a token independent of what the bases are? (false for BPE)
  virtual bool regular() const = 0;
  virtual int num_levels() const { return 1; }
  virtual int32_t vocab_size(int level = 0) const = 0;
  virtual SpecialIds specials(int level = 0) const = 0;

  // Tokens of each window, without special tokens. An empty window gives no token; tokens with an N
  // in the cover get the unknown id. Results do not depend on which windows stand together.
  virtual std::vector<Tokens> encode(std::span<const Window> windows) const = 0;
  Tokens encode_one(BasesView bases) const;

  // The bases the tokens of one window stand for; unknown tokens give N.
  virtual Bases decode(const Tokens& tokens) const = 0;
  // What a token is called in text output: "ACGTAC", "[MASK]".
  virtual std::string token_text(int32_t id, int level = 0) const = 0;
  // Bases spelled by a token (empty for special tokens): what base-level likelihoods marginalise
  // over.
  virtual BasesView spelling(int32_t id, int level = 0) const = 0;

  // JSON text with everything needed to load it again, self-test sequences and their tokens
  // included.
  virtual std::string to_json() const = 0;
};

// Loads a vocabulary: a JSON file (ours, or Hugging Face's tokenizer.json), or a folder that holds
// tokenizer.json (a vocabulary or a checkpoint). Re-encodes the self-test and throws FormatError on
// a mismatch.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path);
std::shared_ptr<const Tokenizer> tokenizer_from_json(const std::string& text,
                                                     const std::string& origin);
void save_tokenizer(const Tokenizer& tokenizer, const std::string& path);

}  // namespace lexome
