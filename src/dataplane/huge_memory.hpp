// Memory of large tables on 2 MiB pages where the kernel gives them (madvise): a lookup at random then costs
// one miss, not one and a page walk. Without them it is only slower.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <vector>

namespace sluice::dataplane {

template <class T>
struct HugeAllocator {
    using value_type = T;
    static constexpr std::size_t page = 2U << 20U;

    HugeAllocator() = default;
    template <class U>
    HugeAllocator(const HugeAllocator<U>&) {}  // NOLINT: allocators convert

    T* allocate(std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        // Small ones stay with the rest of the heap.
        if (bytes < page / 2) return static_cast<T*>(checked(std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
        const std::size_t rounded = (bytes + page - 1) / page * page;
        void* memory = checked(std::aligned_alloc(page, rounded));
        (void)madvise(memory, rounded, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t) { std::free(memory); }

    template <class U>
    bool operator==(const HugeAllocator<U>&) const {
        return true;
    }

  private:
    // Tables are made at start; a gateway without memory for them cannot begin.
    static void* checked(void* memory) {
        if (memory == nullptr) std::abort();
        return memory;
    }
};

template <class T>
using HugeVector = std::vector<T, HugeAllocator<T>>;

}  // namespace sluice::dataplane
