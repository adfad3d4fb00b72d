#pragma once

// Only for .simd.cc files. Rows on their way from and to memory: fp32 while they are computed with.
#include "kernels/simd/floats.h"

namespace kernels::ENAS_ISA {
namespace {

constexpr std::int64_t upTo16(std::int64_t n) { return (n + 15) / 16 * 16; }

inline void zero(float* to, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = 0;
}

// Writes up to whole vectors, zeros after the n-th.
template <bool Relu, typename T>
void widen(float* to, const T* from, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + Floats::kLanes <= n; i += Floats::kLanes) {
    const Floats x = Floats::load(from + i);
    (Relu ? max(x, Floats::zero()) : x).store(to + i);
  }
  if (i < n) {
    const Floats x = Floats::load(from + i, n - i);
    (Relu ? max(x, Floats::zero()) : x).store(to + i);
  }
}

template <bool Masked, typename T>
void narrow(T* to, const float* from, const T* mask, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + Floats::kLanes <= n; i += Floats::kLanes) {
    const Floats y = Floats::load(from + i);
    (Masked ? whereAboveZero(Floats::load(mask + i), y) : y).store(to + i);
  }
  if (i < n) {
    const Floats y = Floats::load(from + i);
    (Masked ? whereAboveZero(Floats::load(mask + i, n - i), y) : y).store(to + i, n - i);
  }
}

// One image's rows as fp32 with zeros around them, the last few of them, each made once while the
// window moves down. For stride 2 the even and the odd columns lie in a half each, so that
// neighbours in the output read neighbours here.
template <typename T>
class Rows {
 public:
  // Columns [0, columns) are kept, the image's first one at `pad` (which may be negative).
  Rows(const T* image, std::int64_t channels, std::int64_t height, std::int64_t width,
       std::int64_t pad, std::int64_t columns, std::int64_t stride, std::int64_t slots, bool relu,
       float* memory)
      : image_(image),
        channels_(channels),
        height_(height),
        width_(width),
        pad_(pad),
        columns_(columns),
        stride_(stride),
        slots_(slots),
        relu_(relu),
        half_(upTo16((columns + stride - 1) / stride * channels + 16)),
        memory_(memory) {
    if (stride_ == 2) {
      zero(memory_, (slots_ + 1) * pitch());
      return;
    }
    const std::int64_t from = begin() < end() ? begin() * channels_ : 0;
    const std::int64_t to = begin() < end() ? end() * channels_ : 0;
    for (std::int64_t slot = 0; slot < slots_; ++slot) {
      zero(memory_ + slot * pitch(), from);
      zero(memory_ + slot * pitch() + to, pitch() - to);
    }
    zero(memory_ + slots_ * pitch(), pitch());
  }

  std::int64_t pitch() const { return stride_ * half_; }
  static std::int64_t floats(std::int64_t channels, std::int64_t columns, std::int64_t stride,
                             std::int64_t slots) {
    return (slots + 1) * stride * upTo16((columns + stride - 1) / stride * channels + 16);
  }
  // Where a kernel's column begins.
  std::int64_t offset(std::int64_t column) const {
    return column % stride_ * half_ + column / stride_ * channels_;
  }

  void start(std::int64_t row) { next_ = row < 0 ? 0 : row; }
  // Rows before `end` from now on; those more than `slots` before it are gone.
  void advance(std::int64_t end) {
    if (end > height_) end = height_;
    for (; next_ < end; ++next_) relu_ ? fill<true>(next_) : fill<false>(next_);
  }
  const float* row(std::int64_t at) const {
    return memory_ + (at < 0 || at >= height_ ? slots_ : at % slots_) * pitch();
  }

 private:
  // The columns that the image has.
  std::int64_t begin() const { return pad_ < 0 ? 0 : pad_; }
  std::int64_t end() const { return pad_ + width_ < columns_ ? pad_ + width_ : columns_; }

  template <bool Relu>
  void fill(std::int64_t row) {
    const T* from = image_ + row * width_ * channels_;
    float* to = memory_ + row % slots_ * pitch();
    if (stride_ == 1) {
      if (end() > begin()) {
        widen<Relu>(to + begin() * channels_, from + (begin() - pad_) * channels_,
                    (end() - begin()) * channels_);
      }
      return;
    }
    for (std::int64_t column = begin(); column < end(); ++column) {
      widen<Relu>(to + offset(column), from + (column - pad_) * channels_, channels_);
    }
  }

  const T* image_;
  std::int64_t channels_, height_, width_, pad_, columns_, stride_, slots_;
  bool relu_;
  std::int64_t half_;
  float* memory_;
  std::int64_t next_ = 0;
};

}  // namespace
}  // namespace kernels::ENAS_ISA
