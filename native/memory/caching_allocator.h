#pragma once

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

}  // namespace memory
