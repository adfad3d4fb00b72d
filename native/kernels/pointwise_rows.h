#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "kernels/pointwise.h"
#include "kernels/scratch.h"
#include "kernels/simd/pointwise.h"

// What pointwise.cc computes where pointwiseFits: the kernels over threads, without autograd.
namespace kernels {

bool pointwiseHasKernel(at::ScalarType type);

// The weights and options of a forward pass as the vector code reads them, for rows of activations
// of a type that it has a kernel for.
class PointwiseLayer {
 public:
  PointwiseLayer(at::ScalarType type, at::TensorList weights, const PointwiseOptions& options);

  // Of these sources, which must outlive it, as the layer must.
  Pointwise of(const std::vector<PointwiseSource>& sources) const;
  Scratch scratch(const Pointwise& of) const;
  // Rows [begin, end) of y; the scratch may be used again.
  void forward(const Pointwise& of, void* y, int64_t begin, int64_t end, void* scratch) const;

 private:
  const PointwiseTable* table_;
  bool inputRelu_;
  bool relu_;
  int64_t channels_;
  int64_t out_;
  std::vector<float> bias_;
  Scratch packed_;
};

at::Tensor pointwiseForward(at::TensorList inputs, at::TensorList weights,
                            const PointwiseOptions& options);

// The gradients of the inputs, then of the weights; undefined where not wanted. The gradient is of
// the inputs' dtype and channels-last.
std::vector<at::Tensor> pointwiseBackward(at::TensorList inputs, at::TensorList weights, bool relu,
                                          const at::Tensor& gradient,
                                          const std::vector<bool>& wanted);

// A convolution of x, seen from its gradient.
struct PointwiseReader {
  at::Tensor dy;      // [N, out, H, W], of the dtype of x, channels-last
  at::Tensor weight;  // [out, C, 1, 1]
  bool wanted;        // the weight's gradient
};

// The gradients of the readers' weights, undefined where not wanted. What they all give to the
// gradient of x, through its relu if there is one, is added to *dx, which may be undefined and is
// else of the dtype of x and channels-last; unless dx is null.
std::vector<at::Tensor> pointwiseReadersBackward(const at::Tensor& x, bool relu,
                                                 const std::vector<PointwiseReader>& readers,
                                                 at::Tensor* dx);

}  // namespace kernels
