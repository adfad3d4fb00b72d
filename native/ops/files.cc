#include <sys/file.h>

#include <cerrno>
#include <cstdint>

#include "ops/register.h"

namespace ops {
namespace {

int64_t lockWithoutWaiting(int64_t fd) {
  if (fd < 0 || fd > INT32_MAX) return EBADF;
  int result = 0;
  do {
    result = flock(static_cast<int>(fd), LOCK_EX | LOCK_NB);
  } while (result == -1 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

// Node has no call for it, and a lock of any other kind stays behind when its process is killed.
void registerFiles(binding::Exports& e) {
  e.op<[](int64_t fd) { return lockWithoutWaiting(fd); }>("flock(fd)");
}

}  // namespace ops
