// Writers for codes, tokens of one base each: runs of equal codes as BED, and arrays with a row a
// base. Codes come in short cells; what belongs together across cells is joined while writing.
#pragma once

#include <memory>
#include <string>

#include "data/tokenize_writer.h"

namespace lexome {

// Are its tokens codes of single bases that depend on bases around them?
bool makes_codes(const Tokenizer& tokenizer);

// BED6: a line a run of bases with the same codes on all levels, named "17/402".
std::unique_ptr<TokenizeWriter> code_run_writer(const Tokenizer& tokenizer,
                                                const TokenizeRequest& request,
                                                const std::string& provenance);
// OUT: u16 [bases] or [bases, levels], the unknown id for N; OUT.rows.tsv: where its rows stand.
// ConfigError for more codes than u16 holds, and where bases would be left out.
std::unique_ptr<TokenizeWriter> code_array_writer(const Tokenizer& tokenizer,
                                                  const TokenizeRequest& request,
                                                  const std::string& rows_path,
                                                  const std::string& provenance);

// What a token is called on all its levels: "ACGT", "17/402".
std::string names_of_levels(const Tokenizer& tokenizer, const Tokens& tokens, size_t token);

}  // namespace lexome
