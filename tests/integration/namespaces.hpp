// Network namespaces of one test, joined by veths; they go with the object. A command that fails throws.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sluice::integration {

class Namespaces {
  public:
    // Empty, or the reason why they can not be made here.
    [[nodiscard]] static std::string missing();

    // One for each role, with its loopback device up; `tag` makes their names unique on the machine.
    Namespaces(std::string tag, std::vector<std::string> roles);
    ~Namespaces();
    Namespaces(const Namespaces&) = delete;
    Namespaces& operator=(const Namespaces&) = delete;

    struct End {
        std::string role;
        std::string device;
        std::string mac = {};  // empty: any
    };
    // Both ends up, without addresses. Checksums are in the packets, as on a wire.
    void veth(const End& a, const End& b) const;
    // A host that has .5 and ::5 of these networks ("10.1.0." and "2001:db8:1::") on its end, and .1 and ::1
    // behind the other end for its router.
    void host(const End& end, const End& router, const std::string& net4, const std::string& net6) const;

    // `ip COMMAND` about that namespace; a command within it, and whether it succeeded (it says nothing).
    void ip(const std::string& role, const std::string& command) const;
    void run(const std::string& role, const std::string& command) const;
    [[nodiscard]] bool runs(const std::string& role, const std::string& command) const;

    // Runs in a thread that lives in that namespace; returns when it ends.
    void inside(const std::string& role, const std::function<void()>& work) const;
    // The calling thread and all that it starts, from now on.
    void enter(const std::string& role) const;

    [[nodiscard]] std::string name(const std::string& role) const { return tag_ + "-" + role; }

  private:
    void remove() const;

    std::string tag_;
    std::vector<std::string> roles_;
};

}  // namespace sluice::integration
