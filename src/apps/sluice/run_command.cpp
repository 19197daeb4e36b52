// `sluice run --config FILE`: all of it on one host. Each section of the file (controller, collector,
// gateway) is a process of its own, as on many hosts; this one starts them, starts again what dies, and ends
// them all.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "apps/process/shutdown_signal.hpp"
#include "apps/sluice/commands.hpp"
#include "apps/sluice/server_options.hpp"
#include "policy/document.hpp"

namespace sluice::apps::sluice {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_delay{200};
constexpr milliseconds longest_delay{10'000};
// A process that ran this long is healthy again: its next death is waited for as little as a first one.
constexpr milliseconds healthy_after{30'000};
constexpr milliseconds patience_at_end{10'000};

struct Child {
    std::string section;
    std::string program;
    pid_t pid = 0;
    base::Instant started{};
    base::Instant start_at{};
    milliseconds delay = first_delay;
};

std::filesystem::path folder_of_this_program() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

void start(Child& child, const std::string& config, const base::Clock& clock) {
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        // The child must not outlive us, also when we are killed.
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) _exit(1);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execl(child.program.c_str(), child.program.c_str(), "--config", config.c_str(), nullptr);
        std::fprintf(stderr, "sluice run: %s cannot be started: %s\n", child.program.c_str(),
                     std::strerror(errno));
        _exit(127);
    }
    child.pid = pid > 0 ? pid : 0;
    child.started = clock.now();
    if (pid > 0) std::fprintf(stderr, "sluice run: %s started (pid %d)\n", child.section.c_str(), pid);
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
    return fmt::format("ended with status {}", WEXITSTATUS(status));
}

void reap(std::vector<Child>& children, const base::Clock& clock) {
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        for (Child& child : children) {
            if (child.pid != pid) continue;
            child.pid = 0;
            if (clock.now() - child.started > healthy_after) child.delay = first_delay;
            child.start_at = clock.now() + child.delay;
            std::fprintf(stderr, "sluice run: %s %s; it is started again in %.1f s\n", child.section.c_str(),
                         how_it_ended(status).c_str(), static_cast<double>(child.delay.count()) / 1000);
            child.delay = std::min(child.delay * 2, longest_delay);
        }
    }
}

void end_all(std::vector<Child>& children, const base::Clock& clock) {
    for (const Child& child : children) {
        if (child.pid != 0) kill(child.pid, SIGTERM);
    }
    const base::Instant deadline = clock.now() + patience_at_end;
    for (Child& child : children) {
        while (child.pid != 0 && waitpid(child.pid, nullptr, WNOHANG) == 0) {
            if (clock.now() > deadline) {
                std::fprintf(stderr, "sluice run: %s does not end; it is killed\n", child.section.c_str());
                kill(child.pid, SIGKILL);
                waitpid(child.pid, nullptr, 0);
                break;
            }
            usleep(20'000);
        }
        child.pid = 0;
    }
}

int supervise(const std::string& config) {
    std::vector<Child> children;
    for (const char* section : {"controller", "collector", "gateway"}) {
        const auto loaded = policy::load_config(config, section);
        const bool missing = !loaded && loaded.error().what.find("is missing") != std::string::npos;
        if (missing && std::string_view(section) == "gateway") continue;  // a host without one only detects
        if (!loaded) return report(loaded.error());
        children.push_back(
            {.section = section, .program = folder_of_this_program() / fmt::format("sluice-{}", section)});
    }
    process::ShutdownSignal shutdown;
    const base::SystemClock clock;
    for (Child& child : children) start(child, config, clock);
    while (!shutdown.wait(milliseconds{100})) {
        reap(children, clock);
        for (Child& child : children) {
            if (child.pid == 0 && clock.now() >= child.start_at) start(child, config, clock);
        }
    }
    end_all(children, clock);
    return 0;
}

}  // namespace

void add_run(CLI::App& app, int& status) {
    auto config = std::make_shared<std::string>();
    CLI::App* command = app.add_subcommand("run", "Run controller, collector and gateway on this host");
    command->add_option("--config", *config, "configuration (YAML) with a section for each process")
        ->required();
    command->callback([config, &status] { status = supervise(*config); });
}

}  // namespace sluice::apps::sluice
