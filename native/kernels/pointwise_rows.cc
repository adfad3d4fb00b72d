#include "kernels/pointwise_rows.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels/elements.h"

namespace kernels {
namespace {

using at::Tensor;

const PointwiseTable* tableFor(at::ScalarType type) {
  const PointwiseTables* tables = pointwise();
  if (!tables) return nullptr;
  if (type == at::kFloat) return &tables->fp32;
  if (type != at::kBFloat16) return nullptr;
  return simd() == Simd::amx ? pointwiseTiles() : &tables->bf16;
}

// Rows are pixels.
int64_t rowsOf(const Tensor& x) { return x.size(0) * x.size(2) * x.size(3); }

Tensor channelsLast(const Tensor& like, int64_t channels) {
  return at::empty({like.size(0), channels, like.size(2), like.size(3)}, like.options(),
                   at::MemoryFormat::ChannelsLast);
}

// The weights side by side, [out, channels of all] in fp32; no operator's call for each of them.
struct Matrix {
  int64_t out;
  int64_t channels = 0;
  std::vector<float> values;

  explicit Matrix(at::TensorList weights) : out(weights[0].size(0)) {
    for (const Tensor& w : weights) channels += w.size(1);
    values.resize(static_cast<size_t>(out * channels));
    int64_t first = 0;
    for (const Tensor& w : weights) {
      if (w.scalar_type() == at::kFloat) {
        place<float>(w, first);
      } else {
        place<at::BFloat16>(w, first);
      }
      first += w.size(1);
    }
  }

 private:
  template <typename T>
  void place(const Tensor& w, int64_t first) {
    const T* from = w.const_data_ptr<T>();
    for (int64_t n = 0; n < out; ++n) {
      for (int64_t c = 0; c < w.size(1); ++c) {
        values[n * channels + first + c] = from[n * w.stride(0) + c * w.stride(1)];
      }
    }
  }
};

struct Call {
  std::vector<PointwiseSource> sources;
  Pointwise of;

  Call(at::TensorList inputs, at::TensorList weights, bool relu) {
    int64_t channels = 0;
    for (const Tensor& x : inputs) {
      sources.push_back({x.const_data_ptr(), x.size(1), nullptr, nullptr, nullptr});
      channels += x.size(1);
    }
    of = {sources.data(), static_cast<int64_t>(sources.size()), channels, weights[0].size(0), relu};
  }
};

// Cut into parts of the sum over rows; as many for any number of threads.
struct Cut {
  int64_t rows;   // of a part
  int64_t parts;  // of them all
};

Cut cutOf(int64_t rows) {
  constexpr int64_t kMostParts = 32;
  const int64_t each =
      padded(std::max((rows + kMostParts - 1) / kMostParts, 4 * kPointwiseRows), kPointwiseRows);
  return {each, (rows + each - 1) / each};
}

// dWeight[n, c] = Σ over parts; part and row in numbers of fp32.
template <typename T>
void sumParts(const float* parts, int64_t count, int64_t part, int64_t row, const Tensor& dWeight) {
  const int64_t channels = dWeight.size(1);
  const int64_t stride = dWeight.stride(0), column = dWeight.stride(1);
  T* to = dWeight.mutable_data_ptr<T>();
  at::parallel_for(0, dWeight.size(0), std::max<int64_t>(1, 65536 / (count * channels)),
                   [&](int64_t begin, int64_t end) {
                     std::vector<float> sum(channels);
                     for (int64_t n = begin; n < end; ++n) {
                       std::fill(sum.begin(), sum.end(), 0.0f);
                       for (int64_t i = 0; i < count; ++i) {
                         const float* from = parts + i * part + n * row;
                         for (int64_t c = 0; c < channels; ++c) sum[c] += from[c];
                       }
                       for (int64_t c = 0; c < channels; ++c) {
                         to[n * stride + c * column] = static_cast<T>(sum[c]);
                       }
                     }
                   });
}

// The same of a matrix of either dtype.
void sumPartsTo(const Tensor& dWeight, const float* parts, int64_t count, int64_t part,
                int64_t row) {
  const auto sum = dWeight.scalar_type() == at::kFloat ? sumParts<float> : sumParts<at::BFloat16>;
  sum(parts, count, part, row, dWeight);
}

}  // namespace

bool pointwiseHasKernel(at::ScalarType type) { return tableFor(type) != nullptr; }

PointwiseLayer::PointwiseLayer(at::ScalarType type, at::TensorList weights,
                               const PointwiseOptions& options)
    : table_(tableFor(type)), inputRelu_(options.inputRelu), relu_(options.relu) {
  const Matrix matrix(weights);
  channels_ = matrix.channels;
  out_ = matrix.out;
  if (options.bias) {
    const Tensor values = options.bias->detach().to(at::kFloat).contiguous();
    bias_.resize(static_cast<size_t>(padded(out_)));
    std::copy_n(values.const_data_ptr<float>(), out_, bias_.begin());
  }
  packed_ = zeroedScratch(table_->packedBytes(channels_, out_));
  table_->pack(matrix.values.data(), 1, channels_, channels_, out_, packed_.get());
}

Pointwise PointwiseLayer::of(const std::vector<PointwiseSource>& sources) const {
  return {sources.data(), static_cast<int64_t>(sources.size()),   channels_, out_,
          inputRelu_,     bias_.empty() ? nullptr : bias_.data(), relu_};
}

Scratch PointwiseLayer::scratch(const Pointwise& of) const {
  return zeroedScratch(table_->forwardScratchBytes(of));
}

void PointwiseLayer::forward(const Pointwise& of, void* y, int64_t begin, int64_t end,
                             void* scratch) const {
  table_->forward(of, packed_.get(), y, begin, end, scratch);
}

Tensor pointwiseForward(at::TensorList inputs, at::TensorList weights,
                        const PointwiseOptions& options) {
  const PointwiseLayer layer(inputs[0].scalar_type(), weights, options);
  const Call call(inputs, weights, options.inputRelu);
  const Pointwise of = layer.of(call.sources);
  Tensor y = channelsLast(inputs[0], of.out);
  void* to = y.mutable_data_ptr();
  const int64_t grain = std::max(kPointwiseRows, (int64_t{1} << 20) / (of.channels * of.out));
  at::parallel_for(0, rowsOf(y), grain, [&](int64_t begin, int64_t end) {
    const Scratch scratch = layer.scratch(of);
    layer.forward(of, to, begin, end, scratch.get());
  });
  return y;
}

std::vector<Tensor> pointwiseBackward(at::TensorList inputs, at::TensorList weights, bool relu,
                                      const Tensor& dy, const std::vector<bool>& wanted) {
  const PointwiseTable& table = still(tableFor(inputs[0].scalar_type()));
  Call call(inputs, weights, relu);
  const size_t count = inputs.size();
  const int64_t out = call.of.out;
  const int64_t rows = rowsOf(dy);
  const auto [partRows, parts] = cutOf(rows);

  // Where the gradient of a source's weight goes: a result, from a channel of it on.
  const bool single = weights.size() == 1;
  const auto weightOf = [&](size_t i) { return single ? count : count + i; };

  std::vector<Tensor> results(count + weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (wanted[count + i]) results[count + i] = at::empty(weights[i].sizes(), weights[i].options());
  }
  const Matrix matrix(weights);
  std::vector<Scratch> packed;
  std::vector<int64_t> first(count);
  std::vector<int64_t> offset(count);
  int64_t channel = 0;
  int64_t part = 0;
  for (size_t i = 0; i < count; ++i) {
    PointwiseSource& source = call.sources[i];
    first[i] = channel;
    channel += source.channels;
    if (wanted[i]) {
      results[i] = channelsLast(inputs[i], source.channels);
      source.dx = results[i].mutable_data_ptr();
      packed.push_back(zeroedScratch(table.packedBytes(out, source.channels)));
      table.pack(matrix.values.data() + first[i], call.of.channels, 1, out, source.channels,
                 packed.back().get());
      source.weight = packed.back().get();
    }
    if (wanted[weightOf(i)]) {
      offset[i] = part;
      part += padded(out) * padded(source.channels);
    }
  }
  const Scratch sums = scratchOf(parts * part * static_cast<int64_t>(sizeof(float)));
  float* const sum = static_cast<float*>(sums.get());
  const void* from = dy.const_data_ptr();
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const Scratch scratch = zeroedScratch(table.backwardScratchBytes(call.of));
    std::vector<PointwiseSource> sources = call.sources;
    Pointwise of = call.of;
    of.sources = sources.data();
    for (int64_t p = begin; p < end; ++p) {
      std::fill_n(sum + p * part, part, 0.0f);
      for (size_t i = 0; i < count; ++i) {
        if (wanted[weightOf(i)]) sources[i].dWeight = sum + p * part + offset[i];
      }
      table.backward(of, from, p * partRows, std::min(rows, (p + 1) * partRows), scratch.get());
    }
  });
  for (size_t i = 0; i < count; ++i) {
    Tensor& dWeight = results[weightOf(i)];
    if (!dWeight.defined()) continue;
    const int64_t channels = call.sources[i].channels;
    const Tensor columns = dWeight.flatten(1).narrow(1, single ? first[i] : 0, channels);
    sumPartsTo(columns, sum + offset[i], parts, part, padded(channels));
  }
  return results;
}

std::vector<Tensor> pointwiseReadersBackward(const Tensor& x, bool relu,
                                             const std::vector<PointwiseReader>& readers,
                                             Tensor* dx) {
  const PointwiseTable& table = still(tableFor(x.scalar_type()));
  std::vector<Tensor> dys;
  std::vector<Tensor> transposed;
  for (const PointwiseReader& reader : readers) {
    dys.push_back(reader.dy);
    transposed.push_back(reader.weight.transpose(0, 1));
  }
  // dx = Σ weightᵀ · dy is a convolution of the dys; a weight's gradient, transposed, xᵀ · dy, what
  // the gradient of a convolution of dy to x would be.
  const PointwiseLayer layer(x.scalar_type(), transposed, {});
  Call call(dys, transposed, false);
  Pointwise forward = layer.of(call.sources);
  if (relu) forward.mask = x.const_data_ptr();
  if (dx != nullptr && dx->defined()) forward.addend = dx->const_data_ptr();
  const Tensor sum = dx == nullptr ? Tensor() : channelsLast(x, x.size(1));
  void* const to = dx == nullptr ? nullptr : sum.mutable_data_ptr();

  const int64_t rows = rowsOf(x);
  const auto [partRows, parts] = cutOf(rows);
  std::vector<int64_t> offset;
  int64_t part = 0;
  for (const PointwiseReader& reader : readers) {
    offset.push_back(part);
    if (reader.wanted) part += padded(x.size(1)) * padded(reader.dy.size(1));
  }
  const Scratch sums = scratchOf(parts * part * static_cast<int64_t>(sizeof(float)));
  float* const first = static_cast<float*>(sums.get());
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const Scratch forwardScratch = layer.scratch(forward);
    const Scratch backwardScratch = zeroedScratch(table.backwardScratchBytes(call.of));
    std::vector<PointwiseSource> sources = call.sources;
    Pointwise backward = call.of;
    backward.sources = sources.data();
    backward.gradientRelu = relu;
    for (int64_t p = begin; p < end; ++p) {
      std::fill_n(first + p * part, part, 0.0f);
      for (size_t i = 0; i < readers.size(); ++i) {
        sources[i].dWeight = readers[i].wanted ? first + p * part + offset[i] : nullptr;
      }
      // Blocks of which the dys stay in the second cache from one product to the other.
      const int64_t last = std::min(rows, (p + 1) * partRows);
      for (int64_t row = p * partRows; row < last; row += 4 * kPointwiseRows) {
        const int64_t next = std::min(last, row + 4 * kPointwiseRows);
        if (part > 0)
          table.backward(backward, x.const_data_ptr(), row, next, backwardScratch.get());
        if (to != nullptr) layer.forward(forward, to, row, next, forwardScratch.get());
      }
    }
  });
  if (dx != nullptr) *dx = sum;
  std::vector<Tensor> dWeights(readers.size());
  for (size_t i = 0; i < readers.size(); ++i) {
    if (!readers[i].wanted) continue;
    const Tensor& weight = readers[i].weight;
    dWeights[i] = at::empty(weight.sizes(), weight.options());
    sumPartsTo(dWeights[i].flatten(1).t(), first + offset[i], parts, part, padded(weight.size(0)));
  }
  return dWeights;
}

}  // namespace kernels
