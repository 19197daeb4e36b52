// What a document holds, as values with their lines. Internal to policy/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/node.hpp"

namespace sluice::policy::detail {

struct TreeEntry {
    std::string key;
    int line = 0;
    std::uint32_t value = 0;
};

struct TreeNode {
    NodeKind kind = NodeKind::null;
    bool boolean = false;
    int line = 0;  // from 1
    std::int64_t integer = 0;
    double number = 0;  // also of an integer
    std::string text;   // of every scalar: as written
    std::vector<std::uint32_t> items;
    std::vector<TreeEntry> entries;
};

// nodes[0] is the root.
struct Tree {
    std::string name;
    std::vector<TreeNode> nodes;
};

}  // namespace sluice::policy::detail
