// A policy that uses every key; for the tests of reader, writer, difference and schema.
#pragma once

#include <string_view>

namespace sluice::policy::testdata {

inline constexpr std::string_view full_policy = R"(# every key
tenants:
  - slug: acme
    name: Acme Ltd
    sites:
      - name: Vienna
        line_rate: 1 Gbps
      - name: Graz
    prefixes:
      - prefix: 192.0.2.0/24
        consent: auto
        site: Vienna
      - 2001:db8:a::/48
      - prefix: 198.51.100.0/25
        consent: off
    detection:
      hold_down: 15 s
      thresholds:
        - name: syn-flood
          vector: tcp-syn
          packets: 20 kpps
        - name: unusual
          scope: prefix
          direction: outbound
          bits: 1.5 Gbps
          line_rate_share: 0.8
          learned: {z: 4.5, floor: 2 kpps}
    protection:
      template: web
      drop_invalid: true
      verify_tcp: always
      verified_for: 10 min
      reflection: [memcached, ssdp]
      reflection_on_attack: [dns, fragment]
      services: [tcp/443, udp/10000-20000, esp]
      source_limit: {packets: 5 kpps, bits: 50 Mbps}
      target_limit: {}
      fragment_limit: {packets: 1 kpps}
      icmp_limit: {packets: 500 pps}
      udp_limit: {bits: 100 Mbps}
    filters:
      - name: no-telnet
        action: drop
        source: 203.0.113.0/24
        destination: 192.0.2.10
        protocol: tcp
        destination_port: 23
        source_port: 1024-65535
        tcp_flags_set: [syn]
        tcp_flags_clear: [ack]
        length: 0-64
      - name: partner
        action: pass
        source: 203.0.113.7
        protocol: 89
        fragments_only: true
    mitigation:
      max_active: 8
      widest_divert_v4: 25
      widest_divert_v6: 56
      expires_after: 2 h
    users:
      - login: anna@acme.example
        role: tenant_admin
      - login: bert
        role: tenant_viewer
    webhooks:
      - url: https://hooks.acme.example/sluice?x=1
        kinds: [incident, mitigation.announced]
      - url: http://192.0.2.7:8080/
  - slug: borg
    sites: [{name: Graz, line_rate: 500 Mbps}]
    prefixes: [203.0.113.0/24]
    users: []
    webhooks: []
)";

}  // namespace sluice::policy::testdata
