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

// [out, channels of all] in fp32
Tensor joined(at::TensorList weights) {
  std::vector<Tensor> matrices;
  for (const Tensor& w : weights) matrices.push_back(w.flatten(1).to(at::kFloat));
  return matrices.size() == 1 ? matrices[0].contiguous() : at::cat(matrices, 1);
}

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

// dWeight[n, first + c] = Σ over parts, for c < channels; part and row in numbers of fp32.
template <typename T>
void sumParts(const float* parts, int64_t count, int64_t part, int64_t row, Tensor& dWeight,
              int64_t first, int64_t channels) {
  const int64_t stride = dWeight.size(1);
  T* to = dWeight.mutable_data_ptr<T>() + first;
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
                         to[n * stride + c] = static_cast<T>(sum[c]);
                       }
                     }
                   });
}

}  // namespace

bool pointwiseHasKernel(at::ScalarType type) { return tableFor(type) != nullptr; }

PointwiseLayer::PointwiseLayer(at::ScalarType type, at::TensorList weights,
                               const PointwiseOptions& options)
    : table_(tableFor(type)), inputRelu_(options.inputRelu), relu_(options.relu) {
  const Tensor matrix = joined(weights);
  channels_ = matrix.size(1);
  out_ = matrix.size(0);
  if (options.bias) {
    const Tensor values = options.bias->detach().to(at::kFloat).contiguous();
    bias_.resize(static_cast<size_t>(padded(out_)));
    std::copy_n(values.const_data_ptr<float>(), out_, bias_.begin());
  }
  packed_ = zeroedScratch(table_->packedBytes(channels_, out_));
  table_->pack(matrix.const_data_ptr<float>(), 1, channels_, channels_, out_, packed_.get());
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
                        const PointwiseOptions& options, const PointwiseEnd& end) {
  const PointwiseLayer layer(inputs[0].scalar_type(), weights, options);
  const Call call(inputs, weights, options.inputRelu);
  Pointwise of = layer.of(call.sources);
  if (end.mask.defined()) of.mask = end.mask.const_data_ptr();
  if (end.addend.defined()) of.addend = end.addend.const_data_ptr();
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
  // Parts of the sum over rows; as many for any number of threads.
  constexpr int64_t kMostParts = 32;
  const int64_t partRows =
      padded(std::max((rows + kMostParts - 1) / kMostParts, 4 * kPointwiseRows), kPointwiseRows);
  const int64_t parts = (rows + partRows - 1) / partRows;

  // Where the gradient of a source's weight goes: a result, from a channel of it on.
  const bool single = weights.size() == 1;
  const auto weightOf = [&](size_t i) { return single ? count : count + i; };

  std::vector<Tensor> results(count + weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (wanted[count + i]) results[count + i] = at::empty(weights[i].sizes(), weights[i].options());
  }
  const Tensor matrix = joined(weights);
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
      table.pack(matrix.const_data_ptr<float>() + first[i], call.of.channels, 1, out,
                 source.channels, packed.back().get());
      source.weight = packed.back().get();
    }
    if (wanted[weightOf(i)]) {
      offset[i] = part;
      part += padded(out) * padded(source.channels);
    }
  }
  const Scratch sums = zeroedScratch(parts * part * static_cast<int64_t>(sizeof(float)));
  float* const sum = static_cast<float*>(sums.get());
  const void* from = dy.const_data_ptr();
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const Scratch scratch = zeroedScratch(table.backwardScratchBytes(call.of));
    std::vector<PointwiseSource> sources = call.sources;
    Pointwise of = call.of;
    of.sources = sources.data();
    for (int64_t p = begin; p < end; ++p) {
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
    const int64_t from = single ? first[i] : 0;
    const auto sumTo =
        dWeight.scalar_type() == at::kFloat ? sumParts<float> : sumParts<at::BFloat16>;
    sumTo(sum + offset[i], parts, part, padded(channels), dWeight, from, channels);
  }
  return results;
}

}  // namespace kernels
