// What BERT and its kin share once their embeddings are made: an encoder, a masked-LM head over its
// states, and the bookkeeping around both. A model adds its embeddings and its sentence vector.
// With rotary positions the encoder runs on packed rows, so that padding costs nothing. Shape
// letters: B rows, T tokens, R = B * T, D width.
#pragma once

#include <string>
#include <vector>

#include "models/model.h"
#include "nn/encoder.h"
#include "nn/masked_lm.h"

namespace lexome {

struct MaskedEncoderShape {
  int64_t width = 0, layers = 0, max_tokens = 0;
  double dropout = 0;
  bool rotary = false;  // the encoder's positions; else the embedding's
  std::string trunk;    // prefix of the parameters that are neither embedding nor head
};

class MaskedEncoder : public Model {
 public:
  int64_t width() const override { return shape_.width; }
  int64_t num_layers() const override { return shape_.layers; }
  int64_t max_tokens() const override { return shape_.max_tokens; }
  Hidden hidden(const TensorBatch& batch, const Pass& pass, bool all_layers) override;
  Loss loss(const TensorBatch& batch, const Pass& pass) override;
  Tensor token_logits(const Tensor& states_BTD, const Tensor& positions_n) override;
  ParameterCounts parameter_counts() const override;
  double forward_flops(int64_t rows, int64_t tokens, double guessed) const override;

 protected:
  explicit MaskedEncoder(MaskedEncoderShape shape) : shape_(std::move(shape)) {}
  // [R, D] fp32. `dropout` is inactive outside of training; its site is 0.
  virtual Tensor embed(const TensorBatch& batch, const Dropout& dropout) const = 0;
  // From embeddings [R, D] to the last layer's states [R, D] in the pass's precision. `kept` gets
  // the embeddings and every layer's output.
  Tensor encode(Tensor x_RD, const TensorBatch& batch, const Pass& pass,
                std::vector<Tensor>* kept) const;
  Dropout dropout_of(const Pass& pass) const {
    return {pass.training ? shape_.dropout : 0.0, pass.seed, pass.step, 0};
  }
  // InputError for rows of more tokens than the model takes.
  void check_length(const TensorBatch& batch) const;
  // Operations of the embedding's matrix products for one token.
  virtual double embedding_flops() const { return 0; }

  Encoder encoder_;
  MaskedLmHead head_;

 private:
  Tensor embed_and_encode(const TensorBatch& batch, const Pass& pass,
                          std::vector<Tensor>* kept) const;
  Tensor encode_packed(const Tensor& x_RD, const TensorBatch& batch, const Dropout& dropout,
                       std::vector<Tensor>* kept) const;
  MaskedEncoderShape shape_;
};

}  // namespace lexome
