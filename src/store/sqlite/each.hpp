// The same work for several items of one transaction: the first failure is the whole's.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sluice::store::sqlite {

template <class T, class Work>
base::Result<std::vector<T>> each(std::span<const T> items, Work&& work) {
    std::vector<T> done;
    done.reserve(items.size());
    for (const T& item : items) {
        base::Result<T> one = work(item);
        if (!one) return std::unexpected(one.error());
        done.push_back(std::move(*one));
    }
    return done;
}

}  // namespace sluice::store::sqlite
