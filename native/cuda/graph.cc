#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

#include <optional>
#include <tuple>

#include "binding/resources.h"
#include "cuda/device.h"
#include "cuda/register.h"
#include "cuda/side_stream.h"

namespace cuda {
namespace {

// Memory that several graphs share, as JavaScript holds it.
using Pool = std::tuple<int64_t, int64_t>;

// Operators recorded once, to be launched again and again as one.
struct Graph : binding::Resource {
  explicit Graph(c10::DeviceIndex device) : device(device) {}
  ~Graph() override {
    // Left in the middle of a capture, the process would go on with a stream that records.
    if (capturing()) abandon();
  }

  bool capturing() const { return streams.has_value(); }

  void abandon() noexcept {
    try {
      graph->capture_end();
    } catch (...) {
      // It records what a failed operator left: there is nothing in it to be used.
    }
    c10::cuda::setCurrentCUDAStream(streams->outer);
    streams.reset();
    graph.reset();
  }

  const c10::DeviceIndex device;
  std::optional<at::cuda::CUDAGraph> graph;
  std::optional<SideStream> streams;
  bool captured = false;
};

using Reference = std::shared_ptr<Graph>;

void checkCaptured(const Reference& graph) {
  TORCH_CHECK(graph->captured, "expected a graph that was captured; call capture() first");
}

at::cuda::MempoolId_t asPool(const std::vector<int64_t>& pool) {
  TORCH_CHECK(pool.size() == 2, "expected a pool of graphPoolHandle()");
  return {static_cast<uint64_t>(pool[0]), static_cast<uint64_t>(pool[1])};
}

}  // namespace

void registerGraph(binding::Exports& e) {
  // A pool for graphs that are never run at the same time.
  e.op<[]() {
    const auto [first, second] = at::cuda::graph_pool_handle();
    return Pool(static_cast<int64_t>(first), static_cast<int64_t>(second));
  }>("cudaGraphPoolHandle()");
  e.op<[](int64_t device) { return std::make_shared<Graph>(deviceIndex(device)); }>(
      "cudaGraphCreate(device)");
  // From here to cudaGraphEnd nothing is computed: what is launched is recorded. The default stream
  // cannot record, so a side stream is current meanwhile.
  e.op<[](Reference graph, std::optional<std::vector<int64_t>> pool) {
    TORCH_CHECK(!graph->capturing() && !graph->captured, "expected a graph not captured yet");
    const c10::cuda::CUDAGuard guard(graph->device);
    const at::cuda::MempoolId_t shared = pool ? asPool(*pool) : at::cuda::MempoolId_t{0, 0};
    graph->graph.emplace();
    graph->streams.emplace(SideStream::enter(graph->device));
    try {
      graph->graph->capture_begin(shared);
    } catch (...) {
      graph->streams->leave();
      graph->streams.reset();
      graph->graph.reset();
      throw;
    }
  }>("cudaGraphBegin(graph, pool)");
  e.op<[](Reference graph) {
    TORCH_CHECK(graph->capturing(), "expected a graph whose capture has begun");
    const c10::cuda::CUDAGuard guard(graph->device);
    try {
      graph->graph->capture_end();
    } catch (...) {
      c10::cuda::setCurrentCUDAStream(graph->streams->outer);
      graph->streams.reset();
      graph->graph.reset();
      throw;
    }
    graph->streams->leave();
    graph->streams.reset();
    graph->captured = true;
  }>("cudaGraphEnd(graph)");
  e.op<[](Reference graph) {
    if (graph->capturing()) graph->abandon();
  }>("cudaGraphAbandon(graph)");
  e.op<[](Reference graph) {
    checkCaptured(graph);
    const c10::cuda::CUDAGuard guard(graph->device);
    graph->graph->replay();
  }>("cudaGraphReplay(graph)");
  e.op<[](Reference graph) {
    checkCaptured(graph);
    const auto [first, second] = graph->graph->pool();
    return Pool(static_cast<int64_t>(first), static_cast<int64_t>(second));
  }>("cudaGraphPool(graph)");
}

}  // namespace cuda
