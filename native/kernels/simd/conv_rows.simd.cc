#include "kernels/simd/conv_rows.h"

#ifdef __AMX_BF16__

#include "kernels/simd/tiles.h"

namespace kernels::ENAS_ISA {
namespace {

// The fewest steps, then the fewest channels.
ConvRowsSteps stepsOf(std::int64_t channels, std::int64_t kernelWidth) {
  ConvRowsSteps best{0, 0, 0};
  for (std::int64_t padding = 0; padding < 16; ++padding) {
    const std::int64_t k = (channels + padding) * kernelWidth;
    if (k % 2 != 0) continue;
    std::int64_t steps = (k + kStep - 1) / kStep;
    while (k % steps != 0 || k / steps % 2 != 0) ++steps;
    if (best.steps == 0 || steps < best.steps) best = {channels + padding, k / steps, steps};
  }
  return best;
}

// A tile reads beyond the last pixel, and so does a window.
std::int64_t pixelsOf(const ConvRows& of) {
  return of.rows() * of.rowPixels() + kTwoTiles + of.kernelWidth;
}

// x with its padding, `stride` numbers a pixel.
void stageImage(const ConvRows& of, const Bf16* x, Bf16* to, std::int64_t stride) {
  for (std::int64_t row = 0; row < of.height; ++row, x += of.width * of.channels) {
    Bf16* start = to + ((row + of.paddingHeight) * of.rowPixels() + of.paddingWidth) * stride;
    if (of.relu) {
      stageRows<true>(x, of.width, of.channels, of.width, start, stride);
    } else {
      stageRows<false>(x, of.width, of.channels, of.width, start, stride);
    }
  }
}

std::int64_t packedBytes(const ConvRows& of) {
  const ConvRowsSteps by = stepsOf(of.channels, of.kernelWidth);
  return 2 * of.kernelHeight * by.steps * padded(of.out) / kTile * kTileElements;
}

void pack(const ConvRows& of, const float* weight, void* packed) {
  const ConvRowsSteps by = stepsOf(of.channels, of.kernelWidth);
  const std::int64_t k = by.steps * by.step;
  // A whole number of steps in a row of the kernel: rows follow one another.
  packTiles(weight, of.out, 1, of.kernelHeight * k, of.out, by.step, static_cast<Bf16*>(packed));
}

std::int64_t forwardScratchBytes(const ConvRows& of) {
  const ConvRowsSteps by = stepsOf(of.channels, of.kernelWidth);
  return 2 * pixelsOf(of) * by.channels + 8 * of.kernelHeight * by.steps +
         4 * kTwoTiles * padded(of.out, kTwoTiles) + 4 * 64;
}

// Outputs are computed at every pixel of the padded rows; those whose window would wrap around to
// the next row are left out.
void forward(const ConvRows& of, const Bf16* x, const void* packed, const Bf16* mask, Bf16* y,
             void* memory) {
  const ConvRowsSteps by = stepsOf(of.channels, of.kernelWidth);
  const std::int64_t rowPixels = of.rowPixels();
  Scratch scratch{static_cast<char*>(memory)};
  Bf16* image = scratch.take<Bf16>(pixelsOf(of) * by.channels);
  std::int64_t* offset = scratch.take<std::int64_t>(of.kernelHeight * by.steps);
  const std::int64_t stride = padded(of.out, kTwoTiles);
  float* sums = scratch.take<float>(kTwoTiles * stride);
  for (std::int64_t r = 0; r < of.kernelHeight; ++r) {
    for (std::int64_t s = 0; s < by.steps; ++s) {
      offset[r * by.steps + s] = r * rowPixels * by.channels + s * by.step;
    }
  }
  stageImage(of, x, image, by.channels);
  const Tiles config(by.step);
  const std::int64_t tiles = padded(of.out) / kTile;
  const std::int64_t last = (of.outHeight() - 1) * rowPixels + of.outWidth();
  for (std::int64_t first = 0; first < last; first += kTwoTiles) {
    const TileOperands operands{image + first * by.channels,
                                by.channels,
                                offset,
                                of.kernelHeight * by.steps,
                                static_cast<const Bf16*>(packed),
                                2 * kTile,
                                tiles * kTileElements,
                                kTileElements};
    tileRows<2, false>(operands, tiles, sums, stride);
    const std::int64_t end = smaller(first + kTwoTiles, last);
    for (std::int64_t pixel = first; pixel < end;) {
      const std::int64_t column = pixel % rowPixels;
      const std::int64_t some = smaller(end - pixel, of.outWidth() - column);
      if (some > 0) {
        const std::int64_t to = (pixel / rowPixels * of.outWidth() + column) * of.out;
        const float* from = sums + (pixel - first) * stride;
        if (mask) {
          narrowRows<true>(from, stride, some, of.out, mask + to, y + to);
        } else {
          narrowRows<false>(from, stride, some, of.out, nullptr, y + to);
        }
      }
      pixel += column < of.outWidth() ? some : rowPixels - column;
    }
  }
}

// Pixels whose products go to the sums of one row of the kernel while these are near.
constexpr std::int64_t kPixels = 256;

std::int64_t outPixels(const ConvRows& of) {
  return padded(of.outHeight() * of.rowPixels(), kPixels);
}

// What the last block of pixels reads of the input.
std::int64_t inPixels(const ConvRows& of) {
  return padded(outPixels(of) + of.kernelHeight * of.rowPixels() + of.kernelWidth + 1, 2);
}

std::int64_t weightScratchBytes(const ConvRows& of) {
  const std::int64_t pixels = outPixels(of);
  return 2 * inPixels(of) * (of.channels + 2 * padded(of.channels)) +
         2 * pixels * (of.out + padded(of.out)) + 2 * padded(of.out) * (pixels + kStep) +
         8 * kPixels / kStep + 7 * 64;
}

void weightGradient(const ConvRows& of, const Bf16* x, const Bf16* dy, float* dWeight,
                    void* memory) {
  const std::int64_t in = padded(of.channels);
  const std::int64_t out = padded(of.out);
  const std::int64_t pixels = outPixels(of);
  const std::int64_t columnStride = pixels + kStep;
  const std::int64_t rowPixels = of.rowPixels();
  Scratch scratch{static_cast<char*>(memory)};
  Bf16* image = scratch.take<Bf16>(inPixels(of) * of.channels);
  // From the first pixel on, and from the second on: pairs start at even and at odd pixels.
  Bf16* pairs[2] = {scratch.take<Bf16>(inPixels(of) * in), scratch.take<Bf16>(inPixels(of) * in)};
  Bf16* dyImage = scratch.take<Bf16>(pixels * of.out);
  Bf16* dyPairs = scratch.take<Bf16>(pixels * out);
  Bf16* dyColumns = scratch.take<Bf16>(out * columnStride);
  std::int64_t* offset = scratch.take<std::int64_t>(kPixels / kStep);
  for (std::int64_t s = 0; s < kPixels / kStep; ++s) offset[s] = s * kStep;

  stageImage(of, x, image, of.channels);
  stagePairs<false>(image, inPixels(of), of.channels, 0, pairs[0]);
  stagePairs<false>(image + of.channels, inPixels(of) - 1, of.channels, 0, pairs[1]);
  // dy in rows as wide as the input's, zeros where a window would wrap around.
  for (std::int64_t row = 0; row < of.outHeight(); ++row) {
    stageRows<false>(dy + row * of.outWidth() * of.out, of.outWidth(), of.out, of.outWidth(),
                     dyImage + row * rowPixels * of.out, of.out);
  }
  stagePairs<false>(dyImage, pixels, of.out, 0, dyPairs);
  transposePairs(dyPairs, pixels, out / kTile, dyColumns, columnStride);

  const Tiles config;
  for (std::int64_t r = 0; r < of.kernelHeight; ++r) {
    for (std::int64_t first = 0; first < pixels; first += kPixels) {
      for (std::int64_t c = 0; c < of.kernelWidth; ++c) {
        const std::int64_t pixel = first + r * rowPixels + c;
        TileOperands operands{dyColumns + first, columnStride, offset,     kPixels / kStep,
                              nullptr,           2 * in,       in * kStep, 2 * kTile};
        operands.right = pairs[pixel % 2] + pixel / 2 * 2 * in;
        float* sums = dWeight + (r * of.kernelWidth + c) * out * in;
        std::int64_t n = 0;
        for (; n + kTwoTiles <= out; n += kTwoTiles) {
          tileRows<2, true>(operands, in / kTile, sums + n * in, in);
          operands.left += kTwoTiles * columnStride;
        }
        if (n < out) tileRows<1, true>(operands, in / kTile, sums + n * in, in);
      }
    }
  }
}

}  // namespace

const ConvRowsTable convRowsTilesTable{
    stepsOf, packedBytes, pack, forwardScratchBytes, forward, weightScratchBytes, weightGradient};

}  // namespace kernels::ENAS_ISA

#else

namespace kernels::ENAS_ISA {
const ConvRowsTable convRowsTilesTable{};
}  // namespace kernels::ENAS_ISA

#endif
