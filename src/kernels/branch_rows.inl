// The branch loops; branch_rows.cpp includes this once for each instruction set, inside a
// namespace.
#include "kernels/vectors.inl"

template <class E>
void branch_forward(const BranchArguments& a, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const E* product = static_cast<const E*>(a.product) + r * a.columns;
    const float* x = a.x + r * a.columns;
    float* y = a.y + r * a.columns;
    for (int64_t c = 0; c < a.columns; c += 16) {
      F16 branch = load(product + c) + load(a.bias + c);
      if (a.scale != nullptr) branch *= load(a.scale + c);
      store(y + c, load(x + c) + branch);
    }
  }
}

template <class E>
void branch_backward(const BranchArguments& a, int64_t begin, int64_t end, float* grad_bias,
                     float* grad_scale) {
  for (int64_t r = begin; r < end; ++r) {
    const E* product = static_cast<const E*>(a.product) + r * a.columns;
    const float* grad_y = a.grad_y + r * a.columns;
    E* grad_product = static_cast<E*>(a.grad_product) + r * a.columns;
    for (int64_t c = 0; c < a.columns; c += 16) {
      F16 grad = load(grad_y + c);
      if (a.scale != nullptr) {
        const F16 branch = load(product + c) + load(a.bias + c);
        store(grad_scale + c, load(grad_scale + c) + grad * branch);
        grad *= load(a.scale + c);
      }
      store(grad_bias + c, load(grad_bias + c) + grad);
      store(grad_product + c, grad);
    }
  }
}

const BranchKernels kTable = {{branch_forward<float>, branch_forward<uint16_t>},
                              {branch_backward<float>, branch_backward<uint16_t>}};
