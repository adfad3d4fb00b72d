#include "kernels/matmul.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "kernels/elements.h"
#include "kernels/plain.h"
#include "kernels/simd/matmul.h"

namespace kernels {
namespace {

using at::Tensor;

// Of one task: what is kept of the left operand, and its sums, stay in the second cache.
constexpr int64_t kMostRows = 320;
// Tiles of 32 × 16 numbers that are worth a thread to pack.
constexpr int64_t kPackedTiles = 512;
// Multiply-adds from which on a product is faster than ATen's.
constexpr int64_t kFewest = 1 << 20;
// Rows that pay for the packing of the right operand.
constexpr int64_t kFewestRows = 128;

const MatmulTable* table() { return simd() == Simd::amx ? matmulTiles() : nullptr; }

bool fitsOperand(const Tensor& x) {
  return x.dim() == 2 && isPlain(x) && isFloatOrBf16(x) &&
         (x.is_contiguous() || x.t().is_contiguous());
}

// Lines of k numbers: of a left operand, or with columns for lines of a right one transposed.
MatmulOperand operandOf(const Tensor& lines) {
  const bool alongK = lines.is_contiguous();
  return {lines.const_data_ptr(),
          lines.scalar_type() == at::kFloat,
          alongK,
          alongK ? lines.size(1) : lines.size(0),
          lines.size(0),
          lines.size(1)};
}

int64_t up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Rows of a task: as many for each thread, in as few tasks as their size allows.
int64_t rowsAtOnce(int64_t rows) {
  const int64_t each = up(rows, at::get_num_threads());
  return padded(up(each, up(each, kMostRows)), kMatmulRows);
}

// Of bytes, on the boundary of a cache line, by the allocator of tensors: large ones are used
// again.
Tensor memory(int64_t bytes) { return at::empty({bytes}, at::kByte); }

}  // namespace

bool matmulFits(const Tensor& a, const Tensor& b) {
  return table() != nullptr && fitsOperand(a) && fitsOperand(b) && a.size(1) == b.size(0) &&
         (a.scalar_type() == at::kBFloat16 || b.scalar_type() == at::kBFloat16) &&
         a.size(0) >= kFewestRows && a.size(0) * a.size(1) * b.size(1) >= kFewest;
}

Tensor matmul(const Tensor& a, const Tensor& b, at::ScalarType dtype) {
  const bool known = dtype == at::kFloat || dtype == at::kBFloat16;
  if (!known || !matmulFits(a, b)) return at::mm(a, b.to(a.scalar_type())).to(dtype);
  RECORD_FUNCTION("enas::matmul", {});
  const MatmulTable& kernels = *table();
  const int64_t m = a.size(0), k = a.size(1), n = b.size(1);
  const MatmulOperand left = operandOf(a);
  const MatmulOperand right = operandOf(b.t());
  const Tensor packed = memory(kernels.packedBytes(k, n));
  void* const tiles = packed.mutable_data_ptr();
  const int64_t grain = std::max<int64_t>(1, kPackedTiles / up(k, 2 * kMatmulTile));
  at::parallel_for(0, up(n, kMatmulTile), grain,
                   [&](int64_t begin, int64_t end) { kernels.pack(right, begin, end, tiles); });
  Tensor result = at::empty({m, n}, a.options().dtype(dtype));
  const MatmulResult to{result.mutable_data_ptr(), dtype == at::kFloat, n};
  const int64_t rows = rowsAtOnce(m);
  const int64_t bytes = padded(kernels.scratchBytes(rows, k, n), 64);
  const Tensor scratch = memory(bytes * at::get_num_threads());
  char* const first = static_cast<char*>(scratch.mutable_data_ptr());
  at::parallel_for(0, up(m, rows), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      kernels.multiply(left, tiles, n, i * rows, std::min(m, (i + 1) * rows), to,
                       first + at::get_thread_num() * bytes);
    }
  });
  return result;
}

}  // namespace kernels
