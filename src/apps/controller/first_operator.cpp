#include "apps/controller/first_operator.hpp"

#include <fstream>

namespace sluice::apps::controller {
namespace {

// 20 of 32 signs that are not taken for each other: 100 bits.
std::string make_password(base::Random& random) {
    constexpr std::string_view signs = "abcdefghjkmnpqrstuvwxyz23456789-";
    std::string text;
    while (text.size() < 20) text += signs[random.next() % signs.size()];
    return text;
}

}  // namespace

base::Result<std::string> ensure_first_operator(tenancy::UserService& users, base::Random& random,
                                                const std::string& login,
                                                const std::filesystem::path& password_file) {
    std::string password;
    if (!password_file.empty()) {
        std::ifstream in(password_file);
        if (!std::getline(in, password) || password.empty()) {
            return base::fail(base::ErrorCode::invalid_argument, "has no first line that could be read",
                              password_file,
                              "write the operator's password there, or leave operator.password_file out");
        }
    } else {
        password = make_password(random);
    }
    const auto made = users.ensure_operator(login, password);
    if (!made) return std::unexpected(made.error());
    return *made && password_file.empty() ? password : std::string{};
}

}  // namespace sluice::apps::controller
