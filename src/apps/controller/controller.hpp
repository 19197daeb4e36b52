// The controller: every part of it, wired. `sluice-controller` is this and a signal handler.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "apps/controller/controller_config.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace sluice::apps::controller {

class Controller {
  public:
    struct Dependencies {
        const base::Clock& clock;
        base::Random& random;  // fit for keys
        base::Logger log;
        std::string version;
    };

    Controller(ControllerConfig config, Dependencies dependencies);
    ~Controller();  // stops

    [[nodiscard]] base::Status start();
    // What is announced stays announced; a restart takes it over.
    void stop();

    [[nodiscard]] std::uint16_t rest_port() const;
    [[nodiscard]] std::uint16_t link_port() const;
    [[nodiscard]] const std::vector<api::Route>& routes() const;
    // Of the operator that this start has made; empty otherwise. To be shown once.
    [[nodiscard]] const std::string& made_password() const;

  private:
    class Parts;
    ControllerConfig config_;
    Dependencies dependencies_;
    std::string made_password_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::apps::controller
