#include "tasks/unit_insides.h"

#include "kernels/unit_selection.h"

namespace lexome {
namespace {

Tensor on_host(const Tensor& tensor, torch::ScalarType type) {
  return tensor.to(torch::kCPU).to(type).contiguous();
}

// A row of `table`, behind those in `out`.
void append_row(const Tensor& table, int64_t row, std::vector<float>* out) {
  const float* const first = table.data_ptr<float>() + row * table.size(1);
  out->insert(out->end(), first, first + table.size(1));
}

}  // namespace

UnitInsides look_inside(MxdnaModel& model, const Collator& collator, const Bases& read,
                        const torch::Device& device, bool bf16) {
  const Window window = {read, {}};
  const Batch batch = collator.collate(std::span(&window, 1), {}, 0);
  const MxdnaUnits made = model.units(to_tensor(batch, device), {.bf16 = bf16});
  const Tensor rows_K = on_host(made.units.rows_K, torch::kInt64),
               unit_of_R = on_host(made.units.unit_of_R, torch::kInt64),
               experts_U = on_host(made.units.experts_U, torch::kInt64),
               vectors_KD = on_host(made.tokens_KD, torch::kFloat32);
  const bool deformable = made.offsets_KF.defined();
  Tensor offsets_KF, modulation_KF;
  UnitInsides out;
  out.width = static_cast<size_t>(vectors_KD.size(1));
  if (deformable) {
    offsets_KF = on_host(made.offsets_KF, torch::kFloat32);
    modulation_KF = on_host(made.modulation_KF, torch::kFloat32);
    out.taps = static_cast<size_t>(offsets_KF.size(1));
  }
  const bool compact = model.options().compact();
  for (int64_t token = 0; token < rows_K.size(0); ++token) {
    const int64_t row = rows_K.data_ptr<int64_t>()[token];
    if (compact) out.base_of_row.push_back(row - 1);  // row 0 is [CLS]
    const int64_t unit = unit_of_R.data_ptr<int64_t>()[row];
    if (unit < 0) continue;
    UnitInsides::Unit one;
    one.expert = experts_U.data_ptr<int64_t>()[unit];
    one.length = model.options().experts[static_cast<size_t>(one.expert)];
    one.centre = row - 1;
    one.start = unit_start(one.centre, one.length);
    one.row = compact ? token : row;
    out.units.push_back(one);
    append_row(vectors_KD, token, &out.vectors);
    if (!deformable) continue;
    append_row(offsets_KF, token, &out.offsets);
    append_row(modulation_KF, token, &out.modulation);
  }
  for (int64_t row = 0; !compact && row < made.rows.rows; ++row) out.base_of_row.push_back(row - 1);
  return out;
}

}  // namespace lexome
