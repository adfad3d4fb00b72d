#include "kernels/simd/pointwise.h"

#ifdef __AMX_BF16__

#include "kernels/simd/tiles.h"

namespace kernels::ENAS_ISA {
namespace {

std::int64_t packedBytes(std::int64_t in, std::int64_t out) {
  return 2 * padded(in, kStep) * padded(out);
}

void pack(const float* weight, std::int64_t inStride, std::int64_t outStride, std::int64_t in,
          std::int64_t out, void* packed) {
  packTiles(weight, inStride, outStride, in, out, kStep, static_cast<Bf16*>(packed));
}

std::int64_t mostChannels(const Pointwise& of) {
  std::int64_t most = of.out;
  for (std::int64_t s = 0; s < of.count; ++s) {
    if (of.sources[s].channels > most) most = of.sources[s].channels;
  }
  return most;
}

// Rows of a left operand, `steps` times 32 numbers, lie an odd number of cache lines apart:
// otherwise a tile's would share a few places of the cache.
std::int64_t rowStride(std::int64_t steps) { return kStep * (steps | 1); }

bool isFinished(const Pointwise& of) { return of.bias || of.outRelu || of.mask || of.addend; }

// sums [rows, stride] = mask?·relu?(sums + bias?) + addend?, for the rows from `first` on
void finish(const Pointwise& of, std::int64_t first, std::int64_t rows, float* sums,
            std::int64_t stride) {
  const Bf16* mask = static_cast<const Bf16*>(of.mask);
  const Bf16* addend = static_cast<const Bf16*>(of.addend);
  for (std::int64_t i = 0; i < rows; ++i, sums += stride) {
    const std::int64_t row = (first + i) * of.out;
    for (std::int64_t j = 0; j < of.out; j += Floats::kLanes) {
      const std::int64_t n = smaller(Floats::kLanes, of.out - j);
      Floats sum = Floats::load(sums + j);
      if (of.bias) sum = sum + Floats::load(of.bias + j);
      if (of.outRelu) sum = max(sum, Floats::zero());
      if (mask) sum = whereAboveZero(Floats::load(mask + row + j, n), sum);
      if (addend) sum = sum + Floats::load(addend + row + j, n);
      sum.store(sums + j);
    }
  }
}

// left [32, 32·steps] times packed weights [32·steps, n], of which `rows` go to `to` [rows, n],
// finished as rows of the forward pass from `first` on if that is given.
void productRows(const Bf16* left, const std::int64_t* offset, std::int64_t steps,
                 const Bf16* weight, std::int64_t rows, std::int64_t n, const Bf16* mask,
                 float* sums, Bf16* to, const Pointwise* finished = nullptr,
                 std::int64_t first = 0) {
  const std::int64_t tiles = padded(n) / kTile;
  const std::int64_t stride = padded(n, kTwoTiles);
  const TileOperands of{left, rowStride(steps),      offset,       steps, weight,
                        32,   tiles * kTileElements, kTileElements};
  tileRows<2, false>(of, tiles, sums, stride);
  if (finished) finish(*finished, first, rows, sums, stride);
  if (mask) {
    narrowRows<true>(sums, stride, rows, n, mask, to);
  } else {
    narrowRows<false>(sums, stride, rows, n, nullptr, to);
  }
}

std::int64_t forwardScratchBytes(const Pointwise& of) {
  const std::int64_t steps = padded(of.channels, kStep) / kStep;
  return 2 * rowStride(steps) * kTwoTiles + 4 * kTwoTiles * padded(of.out, kTwoTiles) + 8 * steps +
         3 * 64;
}

void forward(const Pointwise& of, const void* weight, void* y, std::int64_t begin, std::int64_t end,
             void* memory) {
  const Tiles tiles;
  Scratch scratch{static_cast<char*>(memory)};
  const std::int64_t steps = padded(of.channels, kStep) / kStep;
  Bf16* left = scratch.take<Bf16>(rowStride(steps) * kTwoTiles);
  float* sums = scratch.take<float>(kTwoTiles * padded(of.out, kTwoTiles));
  std::int64_t* offset = scratch.take<std::int64_t>(steps);
  for (std::int64_t s = 0; s < steps; ++s) offset[s] = s * kStep;
  for (std::int64_t row = begin; row < end; row += kTwoTiles) {
    const std::int64_t rows = smaller(kTwoTiles, end - row);
    Bf16* to = left;
    for (std::int64_t s = 0; s < of.count; ++s) {
      const std::int64_t c = of.sources[s].channels;
      const Bf16* x = static_cast<const Bf16*>(of.sources[s].x) + row * c;
      if (of.relu) {
        stageRows<true>(x, rows, c, kTwoTiles, to, rowStride(steps));
      } else {
        stageRows<false>(x, rows, c, kTwoTiles, to, rowStride(steps));
      }
      to += c;
    }
    productRows(left, offset, steps, static_cast<const Bf16*>(weight), rows, of.out, nullptr, sums,
                static_cast<Bf16*>(y) + row * of.out, isFinished(of) ? &of : nullptr, row);
  }
}

// Rows whose products with one source follow one another, and those of one product of the weight's
// gradient: its operands and sums stay in the nearest cache.
constexpr std::int64_t kBlock = 512;
constexpr std::int64_t kPart = 128;
constexpr std::int64_t kColumnStride = kBlock + kStep;

std::int64_t backwardScratchBytes(const Pointwise& of) {
  const std::int64_t widest = padded(mostChannels(of), kTwoTiles);
  const std::int64_t steps = padded(of.out, kStep) / kStep;
  return 2 * kBlock * (rowStride(steps) + padded(of.out)) + 2 * kColumnStride * padded(of.out) +
         2 * kPart * widest + 4 * kTwoTiles * widest + 8 * (steps + kPart / kStep) + 7 * 64;
}

// dWeight [out, channels] += dyᵀ · x over kPart rows.
void addProduct(const Bf16* dyColumns, const Bf16* pairs, const std::int64_t* offset,
                std::int64_t out, std::int64_t channels, float* dWeight) {
  const std::int64_t tiles = padded(channels) / kTile;
  const std::int64_t stride = padded(channels);
  const std::int64_t outTiles = padded(out) / kTile;
  TileOperands of{dyColumns, kColumnStride, offset,         kPart / kStep,
                  pairs,     2 * stride,    stride * kStep, 32};
  std::int64_t i = 0;
  for (; i + 2 <= outTiles; i += 2) {
    tileRows<2, true>(of, tiles, dWeight + i * kTile * stride, stride);
    of.left += kTwoTiles * kColumnStride;
  }
  if (i < outTiles) tileRows<1, true>(of, tiles, dWeight + i * kTile * stride, stride);
}

void backward(const Pointwise& of, const void* gradient, std::int64_t begin, std::int64_t end,
              void* memory) {
  const Tiles tiles;
  Scratch scratch{static_cast<char*>(memory)};
  const std::int64_t out = padded(of.out);
  const std::int64_t steps = padded(of.out, kStep) / kStep;
  const std::int64_t widest = padded(mostChannels(of), kTwoTiles);
  Bf16* dyRows = scratch.take<Bf16>(rowStride(steps) * kBlock);
  Bf16* dyPairs = scratch.take<Bf16>(out * kBlock);
  Bf16* dyColumns = scratch.take<Bf16>(out * kColumnStride);
  Bf16* xPairs = scratch.take<Bf16>(widest * kPart);
  float* sums = scratch.take<float>(kTwoTiles * widest);
  std::int64_t* offset = scratch.take<std::int64_t>(steps + kPart / kStep);
  for (std::int64_t s = 0; s < steps + kPart / kStep; ++s) offset[s] = s * kStep;
  bool dx = false;
  bool dWeight = false;
  for (std::int64_t s = 0; s < of.count; ++s) {
    dx = dx || of.sources[s].dx;
    dWeight = dWeight || of.sources[s].dWeight;
  }
  for (std::int64_t block = begin; block < end; block += kBlock) {
    const std::int64_t blockRows = smaller(kBlock, end - block);
    const Bf16* dy = static_cast<const Bf16*>(gradient) + block * of.out;
    if (dx) stageRows<false>(dy, blockRows, of.out, 16, dyRows, rowStride(steps));
    if (dWeight) {
      if (of.gradientRelu) {
        stagePairs<true>(dy, blockRows, of.out, 16, dyPairs);
      } else {
        stagePairs<false>(dy, blockRows, of.out, 16, dyPairs);
      }
      zeroPairs(dyPairs, blockRows, kBlock, out);
      transposePairs(dyPairs, kBlock, out / kTile, dyColumns, kColumnStride);
    }
    for (std::int64_t s = 0; s < of.count; ++s) {
      const PointwiseSource& source = of.sources[s];
      const std::int64_t c = source.channels;
      for (std::int64_t part = 0; part < blockRows; part += kPart) {
        const std::int64_t rows = smaller(kPart, blockRows - part);
        const Bf16* x = static_cast<const Bf16*>(source.x) + (block + part) * c;
        if (source.dWeight) {
          if (of.relu) {
            stagePairs<true>(x, rows, c, kPart, xPairs);
          } else {
            stagePairs<false>(x, rows, c, kPart, xPairs);
          }
          zeroPairs(xPairs, rows, kPart, padded(c));
          addProduct(dyColumns + part, xPairs, offset, of.out, c, source.dWeight);
        }
        for (std::int64_t i = 0; source.dx && i < rows; i += kTwoTiles) {
          productRows(dyRows + (part + i) * rowStride(steps), offset, steps,
                      static_cast<const Bf16*>(source.weight), smaller(kTwoTiles, rows - i), c,
                      of.relu ? x + i * c : nullptr, sums,
                      static_cast<Bf16*>(source.dx) + (block + part + i) * c);
        }
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
