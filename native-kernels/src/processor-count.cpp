// Counts processors. Apart from cpu-features.cpp because it asks the operating system, not the processor.
#include "cpu-features.h"
#include "thread-pool.h"

#include <thread>

#if defined(__linux__)
#include <sched.h>

#include <cstdio>
#include <set>
#include <string>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>

#include <vector>
#endif

namespace hearth {
namespace {

int at_least_one(int count) { return count > 0 ? count : 1; }

#if defined(__linux__)

// Fills `allowed` with the processors this process may use. Machines with more than 1024 need a larger set than the
// default one; there the call fails and the caller counts all processors instead.
bool allowed_processors(cpu_set_t* allowed) { return sched_getaffinity(0, sizeof(*allowed), allowed) == 0; }

// The processors that share a core with this one, as the kernel writes them ("0,32"); empty when it does not say.
std::string siblings_of(int processor) {
  char path[96];
  std::snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", processor);
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return "";
  char text[256] = {0};
  const char* line = std::fgets(text, sizeof(text), file);
  std::fclose(file);
  return line == nullptr ? "" : line;
}

#endif

}  // namespace

int usable_processors() {
#if defined(__linux__)
  cpu_set_t allowed;
  if (allowed_processors(&allowed)) return at_least_one(CPU_COUNT(&allowed));
#endif
  return at_least_one(static_cast<int>(std::thread::hardware_concurrency()));
}

int physical_cores() {
#if defined(__linux__)
  cpu_set_t allowed;
  if (!allowed_processors(&allowed)) return usable_processors();
  std::set<std::string> cores;
  for (int processor = 0; processor < CPU_SETSIZE; processor++) {
    if (!CPU_ISSET(processor, &allowed)) continue;
    const std::string siblings = siblings_of(processor);
    cores.insert(siblings.empty() ? std::to_string(processor) : siblings);
  }
  return at_least_one(static_cast<int>(cores.size()));
#elif defined(__APPLE__)
  int cores = 0;
  size_t size = sizeof(cores);
  if (sysctlbyname("hw.physicalcpu", &cores, &size, nullptr, 0) != 0) return usable_processors();
  return at_least_one(cores);
#elif defined(_WIN32)
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> entries(bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (entries.empty() || !GetLogicalProcessorInformation(entries.data(), &bytes)) return usable_processors();
  int cores = 0;
  for (const auto& entry : entries) cores += entry.Relationship == RelationProcessorCore ? 1 : 0;
  return at_least_one(cores);
#else
  return usable_processors();
#endif
}

}  // namespace hearth
