// The attention kernels' one source; included once for each instruction set and once for tile
// registers, inside a namespace. Products run on a register-blocked multiply over panels of up to
// 64 columns.
#ifndef LEXOME_VECTORS_INCLUDED
#include "kernels/vectors.inl"
#endif

// C[M, 16 V] (+)= A[M, K] B[K, 16 V]; A by two strides, so that a transposed A costs nothing.
template <int M, int V>
inline void multiply_block(int64_t k, const float* a, int64_t a_row, int64_t a_k, const float* b,
                           int64_t b_row, float* c, int64_t c_row, bool add) {
  F16 sum[M][V];
  for (int m = 0; m < M; ++m)
    for (int v = 0; v < V; ++v) sum[m][v] = add ? load(c + m * c_row + 16 * v) : F16{};
  for (int64_t i = 0; i < k; ++i) {
    F16 right[V];
    for (int v = 0; v < V; ++v) right[v] = load(b + i * b_row + 16 * v);
    for (int m = 0; m < M; ++m) {
      const F16 left = splat(a[m * a_row + i * a_k]);
      for (int v = 0; v < V; ++v) sum[m][v] += left * right[v];
    }
  }
  for (int m = 0; m < M; ++m)
    for (int v = 0; v < V; ++v) store(c + m * c_row + 16 * v, sum[m][v]);
}

template <int V>
inline void multiply_panel(int64_t m, int64_t k, const float* a, int64_t a_row, int64_t a_k,
                           const float* b, int64_t b_row, float* c, int64_t c_row, bool add) {
  int64_t i = 0;
  for (; i + kBlockRows <= m; i += kBlockRows)
    multiply_block<kBlockRows, V>(k, a + i * a_row, a_row, a_k, b, b_row, c + i * c_row, c_row,
                                  add);
  for (; i + 2 <= m; i += 2)
    multiply_block<2, V>(k, a + i * a_row, a_row, a_k, b, b_row, c + i * c_row, c_row, add);
  for (; i < m; ++i)
    multiply_block<1, V>(k, a + i * a_row, a_row, a_k, b, b_row, c + i * c_row, c_row, add);
}

// The same for up to V vectors of columns.
template <int V>
inline void multiply_columns(int64_t vectors, int64_t m, int64_t k, const float* a, int64_t a_row,
                             int64_t a_k, const float* b, float* c, int64_t c_row, bool add) {
  if constexpr (V > 1) {
    if (vectors < V) return multiply_columns<V - 1>(vectors, m, k, a, a_row, a_k, b, c, c_row, add);
  }
  multiply_panel<V>(m, k, a, a_row, a_k, b, kPanel, c, c_row, add);
}

// C[M, N] (+)= A B, N a multiple of 16, B in panels of kPanel columns: panel p starts at
// b + p * k_rows * kPanel.
inline void multiply(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_k,
                     const float* b, int64_t k_rows, float* c, int64_t c_row, bool add) {
  for (int64_t p = 0; p * kPanel < n; ++p)
    multiply_columns<kPanel / 16>((n - p * kPanel) / 16, m, k, a, a_row, a_k,
                                  b + p * k_rows * kPanel, c + p * kPanel, c_row, add);
}

inline int64_t round_up(int64_t x, int64_t to) { return (x + to - 1) / to * to; }

// One head's operands, gathered from the fused projection with the bias added. Key counts are
// padded to multiples of kKeys with zeros.
template <class E>
struct HeadOperands {
  const AttentionArguments& a;
  int64_t b, n, asked, length, keys;  // queries, keys, keys padded
  float scale;

  HeadOperands(const AttentionArguments& arguments, int64_t item)
      : a(arguments),
        b(item / arguments.heads),
        n(item % arguments.heads),
        asked(arguments.query_lengths[b]),
        length(arguments.key_lengths[b]),
        keys(round_up(length, kKeys)),
        scale(1.0F / __builtin_sqrtf(static_cast<float>(arguments.head))) {}

  int64_t width() const { return a.heads * a.head; }
  int64_t offset(int64_t part, int64_t token) const {
    return ((part == 0 ? a.query_starts : a.key_starts)[b] + token) * a.stride[part] + n * a.head;
  }
  const E* row(int64_t part, int64_t token) const {
    return static_cast<const E*>(a.part[part]) + offset(part, token);
  }
  E* grad_row(int64_t part, int64_t token) const {
    return static_cast<E*>(a.grad_part[part]) + offset(part, token);
  }
  const E* context_row(const void* base, int64_t token) const {
    return static_cast<const E*>(base) + (a.query_starts[b] + token) * width() + n * a.head;
  }
  const float* bias(int64_t part) const { return a.bias + part * width() + n * a.head; }

  // Rows [begin, begin + count) of a part, or of the context's gradient. As a left operand rows lie
  // `wide` apart; as a right operand they are cut into panels of `rows` rows.
  void gather(int64_t part, int64_t begin, int64_t count, float factor, float* to, int64_t row_step,
              int64_t panel_step) const {
    for (int64_t i = 0; i < count; ++i) {
      const E* from = row(part, begin + i);
      for (int64_t c = 0; c < a.head; c += 16)
        store(to + (c / kPanel) * panel_step + i * row_step + c % kPanel,
              (load(from + c) + load(bias(part) + c)) * factor);
    }
  }
  void gather_gradient(int64_t begin, int64_t count, float* to, int64_t row_step,
                       int64_t panel_step) const {
    for (int64_t i = 0; i < count; ++i) {
      const E* from = context_row(a.grad_context, begin + i);
      for (int64_t c = 0; c < a.head; c += 16)
        store(to + (c / kPanel) * panel_step + i * row_step + c % kPanel, load(from + c));
    }
  }
  // Transposed: [H, keys] in panels.
  void gather_transposed(int64_t part, float* to) const {
    for (int64_t i = 0; i < length; ++i) {
      const E* from = row(part, i);
      float* const at = to + (i / kPanel) * a.head * kPanel + i % kPanel;
      for (int64_t c = 0; c < a.head; c += 16) {
        const F16 x = load(from + c) + load(bias(part) + c);
        for (int j = 0; j < 16; ++j) at[(c + j) * kPanel] = x[j];
      }
    }
  }
};

// Calls body(key, factor) for each 16 keys of a query's row.
template <class Body>
inline void each_key(const RowDropout& dropout, uint64_t row, int64_t keys, const Body& body) {
  if (dropout.threshold == 0) {
    for (int64_t k = 0; k < keys; k += 16) body(k, splat(1.0F));
    return;
  }
  const DropoutRow key = dropout_row_key(dropout.seed, dropout.step, dropout.site, row);
  for (int64_t k = 0; k < keys; k += 32) {
    F16 low, high;
    dropout_factors(key, static_cast<uint32_t>(k / 32), dropout.threshold, dropout.scale, &low,
                    &high);
    body(k, low);
    if (k + 16 < keys) body(k + 16, high);
  }
}

// Scores to e^(score - max) in place; keys from `length` on become 0. Returns the log of the sum
// and leaves 1 / sum.
inline float exponentiate(float* scores, int64_t length, int64_t keys, float* inverse) {
  for (int64_t k = length; k < keys; ++k) scores[k] = kNegative;
  F16 most = load(scores);
  for (int64_t k = 16; k < keys; k += 16) most = larger(most, load(scores + k));
  const float top = largest_of(most);
  F16 total{};
  for (int64_t k = 0; k < keys; k += 16) {
    const F16 e = exponential(load(scores + k) - top);
    store(scores + k, e);
    total += e;
  }
  const float sum = sum_of(total);
  *inverse = 1.0F / sum;
  return top + __builtin_logf(sum);
}

template <class E>
inline void copy_row(const float* from, float factor, int64_t head, E* to) {
  for (int64_t c = 0; c < head; c += 16)
    store(to + c, from == nullptr ? F16{} : load(from + c) * factor);
}

using Floats = std::vector<float>;
inline Floats floats(int64_t count) { return Floats(static_cast<size_t>(count), 0.0F); }

template <class E>
void attention_forward(const AttentionArguments& a, int64_t begin, int64_t end) {
  const int64_t most = round_up(a.most_keys, kPanel), wide = round_up(a.head, kPanel),
                stride = most + 16;
  Floats keys_t = floats(most * a.head), values = floats(most * wide);
  Floats queries = floats(kQueryBlock * wide), scores = floats(kQueryBlock * stride),
         out = floats(kQueryBlock * wide);
  for (int64_t item = begin; item < end; ++item) {
    const HeadOperands<E> operands(a, item);
    const int64_t keys = operands.keys, length = operands.length, asked = operands.asked;
    std::fill(keys_t.begin(), keys_t.end(), 0.0F);
    operands.gather_transposed(1, keys_t.data());
    operands.gather(2, 0, length, 1.0F, values.data(), kPanel, most * kPanel);
    const auto context = [&](int64_t token) {
      return const_cast<E*>(operands.context_row(a.context, token));
    };
    for (int64_t first = 0; first < asked; first += kQueryBlock) {
      const int64_t count = std::min(kQueryBlock, asked - first);
      operands.gather(0, first, count, operands.scale, queries.data(), wide, kPanel);
      multiply(count, keys, a.head, queries.data(), wide, 1, keys_t.data(), a.head, scores.data(),
               stride, false);
      for (int64_t q = 0; q < count; ++q) {
        float* const row = scores.data() + q * stride;
        const auto index = static_cast<uint64_t>(item * a.most_queries + first + q);
        float inverse = 0;
        a.log_sums[index] = exponentiate(row, length, keys, &inverse);
        each_key(a.dropout, index, keys,
                 [&](int64_t k, F16 factor) { store(row + k, load(row + k) * inverse * factor); });
      }
      multiply(count, a.head, length, scores.data(), stride, 1, values.data(), most, out.data(),
               wide, false);
      for (int64_t q = 0; q < count; ++q)
        copy_row(out.data() + q * wide, 1.0F, a.head, context(first + q));
    }
    for (int64_t t = asked; t < a.padded; ++t) copy_row<E>(nullptr, 0.0F, a.head, context(t));
  }
}

// One query's row: from scores and the gradients of the dropped probabilities to the dropped
// probabilities (`kept`) and the gradients of the scores (in `scores`).
inline void backward_row(const RowDropout& dropout, uint64_t index, float log_sum, int64_t length,
                         int64_t keys, float* scores, float* grads, float* kept) {
  for (int64_t k = length; k < keys; ++k) scores[k] = kNegative;
  F16 sum{};
  each_key(dropout, index, keys, [&](int64_t k, F16 factor) {
    const F16 p = exponential(load(scores + k) - log_sum);
    const F16 grad = load(grads + k) * factor;
    store(scores + k, p);
    store(kept + k, p * factor);
    store(grads + k, grad);
    sum += p * grad;
  });
  const float delta = sum_of(sum);
  for (int64_t k = 0; k < keys; k += 16)
    store(scores + k, load(scores + k) * (load(grads + k) - delta));
}

template <class E>
void attention_backward(const AttentionArguments& a, int64_t begin, int64_t end) {
  const int64_t most = round_up(a.most_keys, kPanel), wide = round_up(a.head, kPanel),
                stride = most + 16;
  const int64_t block = kQueryBlock;
  Floats keys_t = floats(most * a.head), values_t = floats(most * a.head),
         keys_b = floats(most * wide);
  Floats queries = floats(block * wide), queries_b = floats(block * wide),
         grad = floats(block * wide), grad_b = floats(block * wide);
  Floats scores = floats(block * stride), grads = floats(block * stride),
         kept = floats(block * stride);
  Floats grad_q = floats(block * wide), grad_k = floats(most * wide), grad_v = floats(most * wide);
  for (int64_t item = begin; item < end; ++item) {
    const HeadOperands<E> operands(a, item);
    const int64_t keys = operands.keys, length = operands.length, asked = operands.asked;
    for (Floats* each : {&keys_t, &values_t, &grad_k, &grad_v})
      std::fill(each->begin(), each->end(), 0.0F);
    operands.gather_transposed(1, keys_t.data());
    operands.gather_transposed(2, values_t.data());
    operands.gather(1, 0, length, 1.0F, keys_b.data(), kPanel, most * kPanel);
    const auto out = [&](int64_t part, int64_t token) { return operands.grad_row(part, token); };
    for (int64_t first = 0; first < asked; first += block) {
      const int64_t count = std::min(block, asked - first);
      operands.gather(0, first, count, operands.scale, queries.data(), wide, kPanel);
      operands.gather(0, first, count, operands.scale, queries_b.data(), kPanel, block * kPanel);
      operands.gather_gradient(first, count, grad.data(), wide, kPanel);
      operands.gather_gradient(first, count, grad_b.data(), kPanel, block * kPanel);
      multiply(count, keys, a.head, queries.data(), wide, 1, keys_t.data(), a.head, scores.data(),
               stride, false);
      multiply(count, keys, a.head, grad.data(), wide, 1, values_t.data(), a.head, grads.data(),
               stride, false);
      for (int64_t q = 0; q < count; ++q) {
        const auto index = static_cast<uint64_t>(item * a.most_queries + first + q);
        backward_row(a.dropout, index, a.log_sums[index], length, keys, scores.data() + q * stride,
                     grads.data() + q * stride, kept.data() + q * stride);
      }
      multiply(length, a.head, count, kept.data(), 1, stride, grad_b.data(), block, grad_v.data(),
               wide, true);
      multiply(length, a.head, count, scores.data(), 1, stride, queries_b.data(), block,
               grad_k.data(), wide, true);
      multiply(count, a.head, length, scores.data(), stride, 1, keys_b.data(), most, grad_q.data(),
               wide, false);
      for (int64_t q = 0; q < count; ++q)
        copy_row(grad_q.data() + q * wide, operands.scale, a.head, out(0, first + q));
    }
    for (int64_t t = 0; t < length; ++t) {
      copy_row(grad_k.data() + t * wide, 1.0F, a.head, out(1, t));
      copy_row(grad_v.data() + t * wide, 1.0F, a.head, out(2, t));
    }
    for (int64_t t = length; t < a.padded; ++t)
      for (const int64_t part : {0, 1, 2}) copy_row<E>(nullptr, 0.0F, a.head, out(part, t));
  }
}
