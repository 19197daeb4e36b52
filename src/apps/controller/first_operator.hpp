// The first login of a new installation.
#pragma once

#include <filesystem>
#include <string>

#include "base/random.hpp"
#include "base/result.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::apps::controller {

// Makes an operator_admin when there is none. The password is the file's first line; without a file it is
// made, and returned, so that it can be shown once. Empty: nothing had to be shown.
[[nodiscard]] base::Result<std::string> ensure_first_operator(tenancy::UserService& users,
                                                              base::Random& random, const std::string& login,
                                                              const std::filesystem::path& password_file);

}  // namespace sluice::apps::controller
