// Times the products of whole models, natively: decode as a share of the machine's read bandwidth, prefill in GFLOP/s.
// usage: matmul-bench [threads] [instruction set] [shape] [type] [decode|prefill|few]
// Each figure is the best and the median of several rounds; a busy machine shows in the distance between them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "../src/aligned-buffer.h"
#include "../src/cpu-features.h"
#include "../src/matmul-kernels.h"
#include "../src/thread-pool.h"

using namespace hearth;

namespace {

struct Shape {
  const char* name;
  int64_t dim, ffn_dim, kv_dim, n_layers, vocab;
};

constexpr Shape kShapes[] = {
    {"smollm2-135m", 576, 1536, 192, 30, 49152},
    {"tinyllama-1.1b", 2048, 5632, 256, 22, 32000},
};
constexpr const char* kTypeNames[kWeightTypes] = {"f32", "bf16", "f16", "q8_0", "q4_0"};

struct Matrix {
  const uint8_t* w;
  int64_t rows, cols;
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Bytes that are finite weights in every type: small halves and bfloat16s, block scales included.
void fill(uint8_t* bytes, size_t count) {
  uint32_t state = 1;
  for (size_t i = 0; i + 1 < count; i += 2) {
    state = state * 1664525u + 1013904223u;
    bytes[i] = static_cast<uint8_t>(state >> 24);
    bytes[i + 1] = static_cast<uint8_t>(0x20 + (state >> 30));
  }
}

std::vector<Matrix> lay_out(const Shape& shape, WeightType type, const uint8_t* weights, bool with_head, size_t* bytes) {
  std::vector<Matrix> matrices;
  size_t at = 0;
  const auto add = [&](int64_t rows, int64_t cols) {
    matrices.push_back({weights + at, rows, cols});
    at += static_cast<size_t>(rows * row_bytes(type, cols));
  };
  for (int64_t layer = 0; layer < shape.n_layers; layer++) {
    add(shape.dim, shape.dim);
    add(shape.kv_dim, shape.dim);
    add(shape.kv_dim, shape.dim);
    add(shape.dim, shape.dim);
    add(shape.ffn_dim, shape.dim);
    add(shape.ffn_dim, shape.dim);
    add(shape.dim, shape.ffn_dim);
  }
  if (with_head) add(shape.vocab, shape.dim);
  *bytes = at;
  return matrices;
}

struct Timing {
  double best, median;
};

Timing summary(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return {times.front(), times[times.size() / 2]};
}

template <typename F>
double time_once(F&& f) {
  const double start = seconds();
  f();
  return seconds() - start;
}

template <typename F>
Timing time_rounds(int rounds, F&& f) {
  std::vector<double> times;
  f();
  for (int i = 0; i < rounds; i++) times.push_back(time_once(f));
  return summary(times);
}

// Reads everything once on all threads with plain vector code.
void read_all(ThreadPool& pool, const uint8_t* bytes, int64_t count) {
  static volatile uint64_t sinks[8];
  (void)sinks;
  pool.parallel(count / 8, 1 << 15, [&](int64_t begin, int64_t end, int) {
    const uint64_t* words = reinterpret_cast<const uint64_t*>(bytes);
    uint64_t sums[8] = {0};
    for (int64_t i = begin; i + 8 <= end; i += 8) {
      for (int j = 0; j < 8; j++) sums[j] ^= words[i + j];
    }
    for (int j = 0; j < 8; j++) sinks[j] = sums[j];
  });
}

void run_all(ThreadPool& pool, InstructionSet set, WeightType type, const std::vector<Matrix>& matrices,
             const std::vector<float>& x, std::vector<float>& y, int64_t tokens) {
  for (const Matrix& m : matrices) matmul(pool, set, {type, m.w, m.rows, m.cols, x.data(), m.cols, y.data(), m.rows, tokens});
}

}  // namespace

int main(int argc, char** argv) {
  const auto wants = [&](int index, const char* name) {
    return argc <= index || std::strcmp(argv[index], "all") == 0 || std::strcmp(argv[index], name) == 0;
  };
  ThreadPool pool(argc > 1 ? std::atoi(argv[1]) : physical_cores());
  InstructionSet set = best_instruction_set();
  if (argc > 2 && !find_instruction_set(argv[2], &set)) return std::puts("no such instruction set here"), 2;
  size_t capacity = 0;
  for (const Shape& shape : kShapes) {
    for (int t = 0; t < kWeightTypes; t++) {
      if (!wants(3, shape.name) || !wants(4, kTypeNames[t])) continue;
      size_t bytes = 0;
      lay_out(shape, static_cast<WeightType>(t), nullptr, true, &bytes);
      capacity = std::max(capacity, bytes);
    }
  }
  AlignedBuffer buffer;
  uint8_t* weights = buffer.grow(capacity);
  if (weights == nullptr) return std::puts("out of memory"), 1;
  fill(weights, capacity);
  std::printf("%d threads, %s\n", pool.threads(), instruction_set_name(set));
  std::vector<float> x(size_t{512} * 5632), y(size_t{512} * 49152);
  for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<float>(i % 17) * 0.125f - 1.0f;

  for (const Shape& shape : kShapes) {
    for (int t = 0; t < kWeightTypes; t++) {
      if (!wants(3, shape.name) || !wants(4, kTypeNames[t])) continue;
      const WeightType type = static_cast<WeightType>(t);
      size_t bytes = 0;
      if (wants(5, "decode")) {
        const auto matrices = lay_out(shape, type, weights, true, &bytes);
        const double scale = static_cast<double>(bytes) / 1e9;
        // Alternating, so that both meet the same neighbours; at least 2 GB each.
        std::vector<double> reads, tokens;
        for (int round = 0; round < std::max(10, static_cast<int>(2 / scale)); round++) {
          reads.push_back(time_once([&] { read_all(pool, weights, static_cast<int64_t>(bytes)); }));
          tokens.push_back(time_once([&] { run_all(pool, set, type, matrices, x, y, 1); }));
        }
        const Timing read = summary(reads), token = summary(tokens);
        std::printf("%-15s %-5s decode  %7.2f tok/s  read %.1f GB/s, reached %.1f: %5.1f %% (medians %5.1f %%)\n", shape.name,
                    kTypeNames[t], 1 / token.best, scale / read.best, scale / token.best, 100 * read.best / token.best,
                    100 * read.median / token.median);
      }
      const auto layers = lay_out(shape, type, weights, false, &bytes);
      double flops = 0;
      for (const Matrix& m : layers) flops += 2.0 * static_cast<double>(m.rows * m.cols);
      if (wants(5, "prefill")) {
        const Timing timing = time_rounds(2, [&] { run_all(pool, set, type, layers, x, y, 512); });
        std::printf("%-15s %-5s prefill %7.1f tok/s  %5.1f GFLOP/s (median %5.1f)\n", shape.name, kTypeNames[t],
                    512 / timing.best, 512 * flops / timing.best / 1e9, 512 * flops / timing.median / 1e9);
      }
      if (wants(5, "few")) {
        std::printf("%-15s %-5s tokens: ms", shape.name, kTypeNames[t]);
        for (int64_t tokens : {1, 2, 3, 4, 6, 8, 12, 16, 17, 20, 24, 32, 48, 64}) {
          const Timing timing = time_rounds(3, [&] { run_all(pool, set, type, layers, x, y, tokens); });
          std::printf(" %d:%.2f", static_cast<int>(tokens), timing.best * 1e3);
        }
        std::puts("");
      }
    }
  }
  return 0;
}
