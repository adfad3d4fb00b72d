#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

namespace binding {

// What JavaScript holds that is no tensor: a captured graph, an event. It lives until JavaScript
// releases it or the environment ends.
struct Resource {
  virtual ~Resource() = default;
};

// Resources by number. Numbers are not used again, so a released one is an error and never another.
class ResourceTable {
 public:
  int64_t insert(std::shared_ptr<Resource> resource) {
    resources_.emplace(++last_, std::move(resource));
    return last_;
  }

  // Null when it was released or there never was one.
  std::shared_ptr<Resource> find(int64_t number) const {
    const auto found = resources_.find(number);
    return found == resources_.end() ? nullptr : found->second;
  }

  void release(int64_t number) { resources_.erase(number); }

 private:
  std::unordered_map<int64_t, std::shared_ptr<Resource>> resources_;
  int64_t last_ = 0;
};

}  // namespace binding
