#include "one_way_path.hpp"

namespace sluice::integration {

OneWayPath::OneWayPath(const std::string& tag)
    : spaces_("slg-" + tag, {"client", "edge", "guard", "server"}) {
    link({"edge", "client", "02:5c:00:00:01:01"}, {"client", "edge", "02:5c:00:00:01:02"}, 1);
    link({"edge", "server", "02:5c:00:00:02:01"}, {"server", "edge", "02:5c:00:00:02:02"}, 2);
    link({"edge", "dirty", dirty_router_mac}, {"guard", "dirty", "02:5c:00:00:21:02"}, 21);
    link({"edge", "clean", clean_router_mac}, {"guard", "clean", "02:5c:00:00:22:02"}, 22);
    for (const char* setting : {"net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                                "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"}) {
        spaces_.run("edge", std::string("sysctl -qw ") + setting);
    }
    for (const char* side : {"client", "server"}) {
        const bool client = std::string(side) == "client";
        spaces_.ip(side, std::string("addr add ") + (client ? client4 : server4) + "/32 dev lo");
        spaces_.ip(side, std::string("addr add ") + (client ? client6 : server6) + "/128 dev lo nodad");
        const std::string net = client ? "1" : "2";
        spaces_.ip(side, "route add default via 100.64." + net + ".1 src " + (client ? client4 : server4));
        spaces_.ip(side,
                   "-6 route add default via 2001:db8:ff:" + net + "::1 src " + (client ? client6 : server6));
    }
    // From the client to the server through the guard; from the clean leg straight on; back past it.
    spaces_.ip("edge", std::string("route add ") + client4 + "/32 via 100.64.1.2");
    spaces_.ip("edge", std::string("-6 route add ") + client6 + "/128 via 2001:db8:ff:1::2");
    spaces_.ip("edge", std::string("route add ") + server4 + "/32 via " + dirty4);
    spaces_.ip("edge", std::string("-6 route add ") + server6 + "/128 via " + dirty6);
    spaces_.ip("edge", std::string("route add ") + server4 + "/32 via 100.64.2.2 table 100");
    spaces_.ip("edge", std::string("-6 route add ") + server6 + "/128 via 2001:db8:ff:2::2 table 100");
    spaces_.ip("edge", "rule add iif clean lookup 100 pref 100");
    spaces_.ip("edge", "-6 rule add iif clean lookup 100 pref 100");
}

void OneWayPath::link(const Namespaces::End& edge, const Namespaces::End& other, int net) const {
    spaces_.veth(edge, other);
    const std::string net4 = "100.64." + std::to_string(net) + ".";
    const std::string net6 = "2001:db8:ff:" + std::to_string(net) + "::";
    const auto configure = [&](const Namespaces::End& end, const char* host, const char* peer,
                               const std::string& peer_mac) {
        spaces_.ip(end.role, "addr add " + net4 + host + "/30 dev " + end.device);
        spaces_.ip(end.role, "addr add " + net6 + host + "/64 dev " + end.device + " nodad");
        // Towards the guard nothing is configured: the gateway answers ARP and neighbour discovery.
        if (other.role == "guard") return;
        for (const std::string& address : {net4 + peer, net6 + peer})
            spaces_.ip(end.role, "neigh replace " + address + " lladdr " + peer_mac + " dev " + end.device);
    };
    configure(edge, "1", "2", other.mac);
    // The guard's addresses are the gateway's, not its kernel's.
    if (other.role != "guard") configure(other, "2", "1", edge.mac);
}

}  // namespace sluice::integration
