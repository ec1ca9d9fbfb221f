// The system calls behind Memory; one file for POSIX and one for Windows.
#pragma once
#include <cstdint>

#include "failure.h"

namespace hearth {

// Zeroed pages, `bytes` a multiple of kPage; nullptr when refused.
void* reserve_pages(int64_t bytes);
void release_pages(void* base, int64_t bytes);
// The pages read as zero afterwards.
bool discard_pages(void* start, int64_t bytes);

// What malloc keeps of freed blocks goes back to the system, where it can be asked.
void trim_heap();

int64_t system_page_bytes();
// File offsets that can be mapped are multiples of this.
int64_t map_granularity();
// Read-only; a file shorter than offset + bytes is refused, so that reading the mapping cannot fault.
void* map_file(const char* path, int64_t offset, int64_t bytes, Failure& failure);
void unmap_file(void* base, int64_t bytes);

}  // namespace hearth
