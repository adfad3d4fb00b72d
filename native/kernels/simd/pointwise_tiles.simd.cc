#include "kernels/simd/pointwise.h"

#ifdef __AMX_BF16__

#include "kernels/simd/tiles.h"

namespace kernels::ENAS_ISA {
namespace {

std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

std::int64_t packedBytes(std::int64_t in, std::int64_t out) {
  return 2 * padded(in, kStep) * padded(out);
}

void pack(const float* weight, std::int64_t inStride, std::int64_t outStride, std::int64_t in,
          std::int64_t out, void* packed) {
  packTiles(weight, inStride, outStride, in, out, kStep, static_cast<Bf16*>(packed));
}

// Cuts a scratch that starts out as zeros into its parts.
struct Scratch {
  char* next;
  template <typename T>
  T* take(std::int64_t n) {
    T* part = reinterpret_cast<T*>(next);
    next += padded(n * static_cast<std::int64_t>(sizeof(T)), 64);
    return part;
  }
};

std::int64_t mostChannels(const Pointwise& of) {
  std::int64_t most = of.out;
  for (std::int64_t s = 0; s < of.count; ++s) {
    if (of.sources[s].channels > most) most = of.sources[s].channels;
  }
  return most;
}

// left [rows, 32·steps] times packed weights, 32 rows at a time, to `to` [rows, n].
void productRows(const Bf16* left, const std::int64_t* offset, std::int64_t steps,
                 const Bf16* weight, std::int64_t rows, std::int64_t n, const Bf16* mask,
                 float* sums, Bf16* to) {
  const std::int64_t tiles = padded(n) / kTile;
  for (std::int64_t i = 0; i < rows; i += 2 * kTile) {
    const TileOperands of{left + i * steps * kStep, steps * kStep, offset, steps, weight, 32,
                          tiles * kTileElements,    kTileElements};
    tileRows<2, false>(of, tiles, sums, padded(n));
    narrowRows(sums, padded(n), smaller(2 * kTile, rows - i), n, mask ? mask + i * n : nullptr,
               to + i * n);
  }
}

std::int64_t forwardScratchBytes(const Pointwise& of) {
  const std::int64_t k = padded(of.channels, kStep);
  return 2 * k * kPointwiseRows + 4 * 2 * kTile * padded(of.out) + 8 * k / kStep + 3 * 64;
}

void forward(const Pointwise& of, const void* weight, void* y, std::int64_t begin, std::int64_t end,
             void* memory) {
  const Tiles tiles;
  Scratch scratch{static_cast<char*>(memory)};
  const std::int64_t k = padded(of.channels, kStep);
  Bf16* left = scratch.take<Bf16>(k * kPointwiseRows);
  float* sums = scratch.take<float>(2 * kTile * padded(of.out));
  std::int64_t* offset = scratch.take<std::int64_t>(k / kStep);
  for (std::int64_t s = 0; s < k / kStep; ++s) offset[s] = s * kStep;
  for (std::int64_t row = begin; row < end; row += kPointwiseRows) {
    const std::int64_t rows = smaller(kPointwiseRows, end - row);
    Bf16* to = left;
    for (std::int64_t s = 0; s < of.count; ++s) {
      const std::int64_t c = of.sources[s].channels;
      stageRows(static_cast<const Bf16*>(of.sources[s].x) + row * c, rows, c, of.relu, to, k);
      to += c;
    }
    productRows(left, offset, k / kStep, static_cast<const Bf16*>(weight), rows, of.out, nullptr,
                sums, static_cast<Bf16*>(y) + row * of.out);
  }
}

std::int64_t backwardScratchBytes(const Pointwise& of) {
  const std::int64_t widest = padded(mostChannels(of));
  const std::int64_t k = padded(of.out, kStep);
  return 2 * kPointwiseRows * (k + 2 * padded(of.out) + widest) + 4 * 2 * kTile * widest +
         8 * (k + kPointwiseRows) / kStep + 7 * 64;
}

// dWeight [out, channels] += dyᵀ · x over the rows.
void addProduct(const Bf16* dyColumns, const Bf16* pairs, const std::int64_t* offset,
                std::int64_t out, std::int64_t channels, float* dWeight) {
  const std::int64_t tiles = padded(channels) / kTile;
  const std::int64_t stride = padded(channels);
  const std::int64_t outTiles = padded(out) / kTile;
  TileOperands of{dyColumns, kPointwiseRows, offset,         kPointwiseRows / kStep,
                  pairs,     2 * stride,     stride * kStep, 32};
  std::int64_t i = 0;
  for (; i + 2 <= outTiles; i += 2) {
    of.left = dyColumns + i * kTile * kPointwiseRows;
    tileRows<2, true>(of, tiles, dWeight + i * kTile * stride, stride);
  }
  if (i < outTiles) {
    of.left = dyColumns + i * kTile * kPointwiseRows;
    tileRows<1, true>(of, tiles, dWeight + i * kTile * stride, stride);
  }
}

void zeroRows(Bf16* pairs, std::int64_t from, std::int64_t stride) {
  for (std::int64_t i = padded(from, 2) * stride; i < kPointwiseRows * stride; ++i) pairs[i] = {0};
}

void backward(const Pointwise& of, const void* gradient, std::int64_t begin, std::int64_t end,
              void* memory) {
  const Tiles tiles;
  Scratch scratch{static_cast<char*>(memory)};
  const std::int64_t out = padded(of.out);
  const std::int64_t k = padded(of.out, kStep);
  const std::int64_t widest = padded(mostChannels(of));
  Bf16* dyRows = scratch.take<Bf16>(k * kPointwiseRows);
  Bf16* dyColumns = scratch.take<Bf16>(out * kPointwiseRows);
  Bf16* dyPairs = scratch.take<Bf16>(out * kPointwiseRows);
  Bf16* xPairs = scratch.take<Bf16>(widest * kPointwiseRows);
  float* sums = scratch.take<float>(2 * kTile * widest);
  const std::int64_t steps = (k + kPointwiseRows) / kStep;
  std::int64_t* offset = scratch.take<std::int64_t>(steps);
  for (std::int64_t s = 0; s < steps; ++s) offset[s] = s * kStep;
  bool dx = false;
  bool dWeight = false;
  for (std::int64_t s = 0; s < of.count; ++s) {
    dx = dx || of.sources[s].dx;
    dWeight = dWeight || of.sources[s].dWeight;
  }
  for (std::int64_t row = begin; row < end; row += kPointwiseRows) {
    const std::int64_t rows = smaller(kPointwiseRows, end - row);
    const Bf16* dy = static_cast<const Bf16*>(gradient) + row * of.out;
    if (dx) stageRows(dy, rows, of.out, false, dyRows, k);
    if (dWeight) {
      stagePairs(dy, rows, of.out, false, dyPairs);
      if (rows < kPointwiseRows) zeroRows(dyPairs, rows, out);
      transposePairs(dyPairs, kPointwiseRows, out / kTile, dyColumns, kPointwiseRows);
    }
    for (std::int64_t s = 0; s < of.count; ++s) {
      const PointwiseSource& source = of.sources[s];
      const std::int64_t c = source.channels;
      const Bf16* x = static_cast<const Bf16*>(source.x) + row * c;
      if (source.dWeight) {
        stagePairs(x, rows, c, of.relu, xPairs);
        if (rows < kPointwiseRows) zeroRows(xPairs, rows, padded(c));
        addProduct(dyColumns, xPairs, offset, of.out, c, source.dWeight);
      }
      if (source.dx) {
        productRows(dyRows, offset, k / kStep, static_cast<const Bf16*>(source.weight), rows, c,
                    of.relu ? x : nullptr, sums, static_cast<Bf16*>(source.dx) + row * c);
      }
    }
  }
}

}  // namespace

const PointwiseTable pointwiseTilesTable{packedBytes,          pack,    forwardScratchBytes,
                                         backwardScratchBytes, forward, backward};

}  // namespace kernels::ENAS_ISA

#else

namespace kernels::ENAS_ISA {
const PointwiseTable pointwiseTilesTable{};
}  // namespace kernels::ENAS_ISA

#endif
