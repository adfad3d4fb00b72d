# native/cuda/: graphs, streams, events. It takes the CUDA runtime's headers, which a CUDA build of
# libtorch does not bring itself: they lie beside it where pip installed both, else in a CUDA toolkit.
# Without them tensors still run on CUDA; captured graphs do not.
option(ENAS_CUDA "Compile native/cuda" ON)
set(CUDA_PLACES
  "${LIBTORCH}/../nvidia/cu13" "${LIBTORCH}/../nvidia/cuda_runtime"
  "$ENV{CUDA_HOME}" "$ENV{CUDA_PATH}" /usr/local/cuda /usr/local/cuda/targets/x86_64-linux)
find_path(CUDA_INCLUDE cuda_runtime_api.h HINTS ${CUDA_PLACES} PATH_SUFFIXES include NO_DEFAULT_PATH)
# pip's packages have no libcudart.so, only the one with its version.
find_library(CUDART NAMES libcudart.so.13 libcudart.so.12 cudart
  HINTS ${CUDA_PLACES} "${LIBTORCH}" PATH_SUFFIXES lib lib64 NO_DEFAULT_PATH)
if(NOT ENAS_CUDA)
  set(CUDART "")
elseif(NOT CUDA_INCLUDE OR NOT CUDART)
  message(WARNING "libtorch has CUDA, but cuda_runtime_api.h or libcudart is not beside it nor in CUDA_HOME: "
                  "compiling without native/cuda (no CUDA graphs)")
  set(CUDART "")
else()
  file(STRINGS "${CUDA_INCLUDE}/cuda_runtime_api.h" CUDART_VERSION REGEX "#define CUDART_VERSION +[0-9]+")
  message(STATUS "native/cuda with ${CUDA_INCLUDE} (${CUDART_VERSION}) and ${CUDART}")
  target_sources(enas_torch PRIVATE ${CUDA_SOURCES})
  target_compile_definitions(enas_torch PRIVATE ENAS_CUDA)
  target_include_directories(enas_torch SYSTEM PRIVATE "${CUDA_INCLUDE}")
endif()
