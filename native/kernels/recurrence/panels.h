#pragma once

#include "kernels/recurrence/program.h"
#include "kernels/recurrence/team.h"
#include "kernels/simd/recurrence.h"

namespace kernels::recurrence {

// Products of rows with a weight [out, in], whose parts stand one below the other, packed once for
// all time steps: panel by panel of kPanel columns of the result, each its depth × kPanel numbers.
template <typename T>
class Panels {
 public:
  // `forward`: the columns of the result are rows of the weight from `begin` to `end`, which is
  // x·Wᵀ. Else they are the weight's own columns, which is dz·W; the range is then all of them.
  Panels(const Tensors& parts, bool forward, int64_t begin, int64_t end);

  // Some of the panels; together the members of a team pack all.
  void pack(const Member& member);

  int64_t count() const { return count_; }
  // Numbers to read from each row of what is multiplied; zeros beyond the weight's own depth.
  int64_t depth() const { return paddedDepth_; }

  // c [rows, kPanel] ← a·panel, or added to it.
  void multiply(int64_t panel, const T* a, int64_t aStride, int64_t rows, bool add, float* c,
                int64_t cStride) const;

 private:
  template <typename From>
  void packAs(int64_t panel);

  std::vector<Tensor> parts_;
  bool forward_;
  int64_t begin_;
  int64_t end_;
  int64_t depth_;
  int64_t paddedDepth_;
  int64_t count_;
  Tensor storage_;
};

// Rows that lie side by side in memory have room for this many numbers.
inline int64_t padded(int64_t columns) { return (columns + kPanel - 1) / kPanel * kPanel; }

}  // namespace kernels::recurrence
