// `vocab bpe`: from genomes to a BPE vocabulary, within a memory limit.
#pragma once

#include <memory>

#include "vocab/bpe.h"
#include "vocab/bpe_trainer.h"
#include "vocab/registry.h"

namespace lexome {

std::unique_ptr<VocabTrainer> bpe_vocab_trainer();

// [UNK] [CLS] [SEP] [PAD] [MASK] are 0-4 as in DNABERT-2, then the pieces as they were learned.
BpeVocabulary bpe_vocabulary_from(const BpeLearned& learned, std::string training);

}  // namespace lexome
