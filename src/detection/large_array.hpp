// A fixed-size array of zeroed memory that the kernel gives page by page as it is touched, in huge pages
// where it can: tables are dimensioned for the worst case and cost what is used.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace sluice::detection {

template <class T>
class LargeArray {
    static_assert(std::is_trivially_destructible_v<T>);
    // Elements start as zero bytes, without a constructor call: that must be a valid T.
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    explicit LargeArray(std::size_t size) : size_(size) {
        const std::size_t bytes = size * sizeof(T);
        if (bytes == 0) return;
        void* memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) std::abort();  // no address space: nothing can run
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
        data_ = static_cast<T*>(memory);
    }
    ~LargeArray() {
        if (data_ != nullptr) munmap(data_, size_ * sizeof(T));
    }
    LargeArray(const LargeArray&) = delete;
    LargeArray& operator=(const LargeArray&) = delete;
    LargeArray(LargeArray&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    LargeArray& operator=(LargeArray&&) = delete;

    [[nodiscard]] T& operator[](std::size_t index) { return data_[index]; }
    [[nodiscard]] const T& operator[](std::size_t index) const { return data_[index]; }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    T* data_ = nullptr;
    std::size_t size_;
};

}  // namespace sluice::detection
