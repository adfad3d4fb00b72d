#pragma once

// What nearly every file includes, compiled once: ATen's headers alone take 10 s a file.
#include <ATen/ATen.h>
#include <napi.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>
