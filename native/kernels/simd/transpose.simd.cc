#include "kernels/simd/transpose.h"

#include "kernels/simd/square.h"

namespace kernels::ENAS_ISA {
namespace {

constexpr std::int64_t kLanes = Floats::kLanes;

std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

// Of m rows of n columns, neither more than kLanes.
template <typename From, typename To>
void block(const From* from, std::int64_t rows, std::int64_t columns, Floats factor, std::int64_t m,
           std::int64_t n, To* to) {
  Floats square[kLanes];
  if (m == kLanes && n == kLanes) {
#pragma GCC unroll 16
    for (std::int64_t i = 0; i < kLanes; ++i) square[i] = Floats::load(from + i * columns) * factor;
    transposeSquare(square);
#pragma GCC unroll 16
    for (std::int64_t j = 0; j < kLanes; ++j) square[j].store(to + j * rows);
    return;
  }
  for (std::int64_t i = 0; i < kLanes; ++i) {
    square[i] = i < m ? Floats::load(from + i * columns, n) * factor : Floats::zero();
  }
  transposeSquare(square);
  for (std::int64_t j = 0; j < n; ++j) square[j].store(to + j * rows, m);
}

template <typename From, typename To>
void transpose(const From* from, std::int64_t rows, std::int64_t columns, float scale,
               std::int64_t begin, std::int64_t end, To* to) {
  const Floats factor = Floats::all(scale);
  for (std::int64_t panel = begin; panel < end; panel += kTransposedRows) {
    const std::int64_t last = smaller(panel + kTransposedRows, end);
    for (std::int64_t j = 0; j < columns; j += kLanes) {
      for (std::int64_t i = panel; i < last; i += kLanes) {
        block(from + i * columns + j, rows, columns, factor, smaller(kLanes, last - i),
              smaller(kLanes, columns - j), to + j * rows + i);
      }
    }
  }
}

}  // namespace

const Transposes transposesTable{transpose<float, Bf16>, transpose<Bf16, Bf16>,
                                 transpose<Bf16, float>};

}  // namespace kernels::ENAS_ISA
