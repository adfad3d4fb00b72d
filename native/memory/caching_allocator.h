#pragma once

#include <cstdint>

namespace memory {

// Has libtorch take large tensors from blocks that are kept and used again, once for the process.
// At most an eighth more, or 32 MiB, is kept than was ever in use at once. They lie in huge pages
// where the kernel gives some.
//
// glibc gives large blocks back to the kernel, and the next tensor pays for fresh zeroed pages: a
// training step then spends most of its time in page faults. Told to keep them, it cuts them up
// between longer-lived neighbours: over 20 steps of the recurrent space the process grew from 1.7
// to 3 GB, with no more in use than at first.
//
// Does nothing in a build under AddressSanitizer.
void installCachingAllocator();

// Bytes that malloc has handed out in the whole process and not got back, and those of the large
// tensors there are. Of a process that does the same again and again it does not grow, where the
// memory it holds may: what is freed is kept, in pieces. Looks at every free piece: it takes a
// while.
//
// Of a build under AddressSanitizer it says nothing.
int64_t bytesInUse();

}  // namespace memory
