// The row kernels' one source; rows.cpp includes it once for each instruction set, inside a
// namespace.
#include "kernels/vectors.inl"

constexpr const char* kName = kVectors == CpuVectors::kAvx512 ? "avx512"
                              : kVectors == CpuVectors::kAvx2 ? "avx2"
                                                              : "baseline";

template <class E>
void gelu_forward(const void* x_, const float* bias, void* y_, int64_t rows, int64_t columns) {
  const E* x = static_cast<const E*>(x_);
  E* y = static_cast<E*>(y_);
  for (int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    for (int64_t c = 0; c < columns; c += 16) {
      const F16 v = load(x + c) + load(bias + c);
      F16 gaussian;
      store(y + c, v * normal_cdf(v, &gaussian));
    }
  }
}

template <class E>
void gelu_backward(const void* x_, const float* bias, const void* grad_y_, void* grad_x_,
                   float* grad_bias, int64_t rows, int64_t columns) {
  const E* x = static_cast<const E*>(x_);
  const E* grad_y = static_cast<const E*>(grad_y_);
  E* grad_x = static_cast<E*>(grad_x_);
  for (int64_t r = 0; r < rows; ++r, x += columns, grad_y += columns, grad_x += columns) {
    for (int64_t c = 0; c < columns; c += 16) {
      const F16 v = load(x + c) + load(bias + c);
      F16 gaussian;
      const F16 cdf = normal_cdf(v, &gaussian);
      const F16 grad = load(grad_y + c) * (cdf + v * gaussian * 0.398942280F);
      store(grad_x + c, grad);
      store(grad_bias + c, load(grad_bias + c) + grad);
    }
  }
}

// Calls body(column, factor) for each 16 columns of a row.
template <class Body>
inline void with_factors(const RowDropout& dropout, uint64_t row, int64_t columns,
                         const Body& body) {
  if (dropout.threshold == 0) {
    for (int64_t c = 0; c < columns; c += 16) body(c, splat(1.0F));
    return;
  }
  const DropoutRow key = row_key(dropout, row);
  for (int64_t c = 0; c < columns; c += 32) {
    F16 low, high;
    dropout_factors(key, static_cast<uint32_t>(c / 32), dropout.threshold, dropout.scale, &low,
                    &high);
    body(c, low);
    if (c + 16 < columns) body(c + 16, high);
  }
}

template <class E>
void norm_forward(const NormArguments& a, int64_t begin, int64_t end) {
  const int64_t columns = a.columns;
  const float share = 1.0F / static_cast<float>(columns);
  std::vector<float> sums(static_cast<size_t>(columns));
  float* const s = sums.data();
  for (int64_t r = begin; r < end; ++r) {
    const E* residual = static_cast<const E*>(a.residual) + r * columns;
    F16 total{};
    if (a.x != nullptr) {
      const E* x = static_cast<const E*>(a.x) + r * columns;
      with_factors(a.dropout, static_cast<uint64_t>(r), columns, [&](int64_t c, F16 factor) {
        const F16 v = load(residual + c) + (load(x + c) + load(a.bias + c)) * factor;
        store(s + c, v);
        total += v;
      });
    } else {
      for (int64_t c = 0; c < columns; c += 16) {
        const F16 v = load(residual + c);
        store(s + c, v);
        total += v;
      }
    }
    const float mean = sum_of(total) * share;
    F16 squares{};
    for (int64_t c = 0; c < columns; c += 16) {
      const F16 d = load(s + c) - mean;
      squares += d * d;
    }
    const float rstd = 1.0F / __builtin_sqrtf(sum_of(squares) * share + a.eps);
    E* y = static_cast<E*>(a.y) + r * columns;
    for (int64_t c = 0; c < columns; c += 16)
      store(y + c, (load(s + c) - mean) * rstd * load(a.gamma + c) + load(a.beta + c));
    a.statistics[2 * r] = mean;
    a.statistics[2 * r + 1] = rstd;
  }
}

template <class E>
void norm_backward(const NormArguments& a, int64_t begin, int64_t end, float* grad_bias,
                   float* grad_gamma, float* grad_beta) {
  const int64_t columns = a.columns;
  const float share = 1.0F / static_cast<float>(columns);
  std::vector<float> hats(static_cast<size_t>(columns)), factors(static_cast<size_t>(columns));
  for (int64_t r = begin; r < end; ++r) {
    const E* residual = static_cast<const E*>(a.residual) + r * columns;
    const E* grad_y = static_cast<const E*>(a.grad_y) + r * columns;
    const float mean = a.statistics[2 * r], rstd = a.statistics[2 * r + 1];
    F16 sum_g{}, sum_gh{};
    const auto visit = [&](int64_t c, F16 v) {
      const F16 hat = (v - mean) * rstd, grad = load(grad_y + c);
      const F16 g = grad * load(a.gamma + c);
      store(hats.data() + c, hat);
      sum_g += g;
      sum_gh += g * hat;
      store(grad_gamma + c, load(grad_gamma + c) + grad * hat);
      store(grad_beta + c, load(grad_beta + c) + grad);
    };
    if (a.x != nullptr) {
      const E* x = static_cast<const E*>(a.x) + r * columns;
      with_factors(a.dropout, static_cast<uint64_t>(r), columns, [&](int64_t c, F16 factor) {
        store(factors.data() + c, factor);
        visit(c, load(residual + c) + (load(x + c) + load(a.bias + c)) * factor);
      });
    } else {
      for (int64_t c = 0; c < columns; c += 16) visit(c, load(residual + c));
    }
    const float mean_g = sum_of(sum_g) * share, mean_gh = sum_of(sum_gh) * share;
    E* grad_residual = static_cast<E*>(a.grad_residual) + r * columns;
    for (int64_t c = 0; c < columns; c += 16) {
      const F16 g = load(grad_y + c) * load(a.gamma + c);
      const F16 d = (g - mean_g - load(hats.data() + c) * mean_gh) * rstd;
      store(grad_residual + c, d);
      if (a.x == nullptr) continue;
      const F16 dx = d * load(factors.data() + c);
      store(static_cast<E*>(a.grad_x) + r * columns + c, dx);
      store(grad_bias + c, load(grad_bias + c) + dx);
    }
  }
}

template <class E>
void column_sums(const void* x_, float* sums, int64_t rows, int64_t columns) {
  const E* x = static_cast<const E*>(x_);
  for (int64_t r = 0; r < rows; ++r, x += columns)
    for (int64_t c = 0; c < columns; c += 16) store(sums + c, load(sums + c) + load(x + c));
}

void adamw(const AdamWArguments& a, int64_t begin, int64_t end) {
  float* __restrict__ parameter = a.parameter;
  float* __restrict__ first = a.first;
  float* __restrict__ second = a.second;
  const float* __restrict__ gradient = a.gradient;
  const float keep1 = a.beta1, keep2 = a.beta2, new1 = 1.0F - a.beta1, new2 = 1.0F - a.beta2;
  for (int64_t i = begin; i < end; ++i) {
    const float g = gradient[i] * a.grad_scale;
    const float m = first[i] * keep1 + g * new1;
    const float v = second[i] * keep2 + g * g * new2;
    first[i] = m;
    second[i] = v;
    const float p = parameter[i];
    parameter[i] =
        p - p * a.decay - a.lr * (m * a.correction1) / (__builtin_sqrtf(v * a.correction2) + a.eps);
  }
}

const RowKernels kTable = {kName,
                           {gelu_forward<float>, gelu_forward<uint16_t>},
                           {gelu_backward<float>, gelu_backward<uint16_t>},
                           {norm_forward<float>, norm_forward<uint16_t>},
                           {norm_backward<float>, norm_backward<uint16_t>},
                           {column_sums<float>, column_sums<uint16_t>},
                           adamw};
