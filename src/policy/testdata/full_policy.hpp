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
      level: strong
      watch: [anomaly, rate]
      tcp_method: first-drop
      verify_dns: truncate
      verify_udp: first-drop
      protocol:
        dns: true
        http: false
        tls: true
        ntp: false
        sip: true
        slow: false
        dns_queries_per_second: 200
        http_requests_per_second: 300
        connections: 0
      anomaly: {heavy_sources: true, odd_lengths: false, repeated_payloads: true, zombies: true, filter_for: 2 min}
      reflection: [memcached, ssdp]
      reflection_on_attack: [dns, fragment]
      services: [tcp/443, udp/10000-20000, esp]
      source_limit: {packets: 5 kpps, bits: 50 Mbps}
      target_limit: {}
      fragment_limit: {packets: 1 kpps}
      icmp_limit: {packets: 500 pps}
      udp_limit: {bits: 100 Mbps}
      pair_limit: {packets: 2 kpps}
      service_limit: {packets: 30 kpps, bits: 300 Mbps}
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
      - name: no-getinfo
        action: drop
        protocol: udp
        payload:
          - {offset: 4, bytes: "47 45 54", mask: "df df df"}
          - bytes: ffffffff
        country_not: [DE, AT, NO, ZZ]
        reputation: [botnet, tor-exit]
    mitigation:
      max_active: 8
      widest_divert_v4: 25
      widest_divert_v6: 56
      expires_after: 2 h
    firewall:
      enabled: true
      time_zone: Europe/Vienna
      zones: [inside, dmz, branch, lab, home]
      attachments:
        - {name: hq-inside, site: Vienna, zone: inside, kind: vlan, vlan: 110, gateway4: 10.1.0.1,
           gateway6: 2001:db8:a:1::1, next_hop_mac: 02:00:5e:10:00:01, prefixes: [10.1.0.0/16, 2001:db8:a:1::/64]}
        - {name: hq-dmz, zone: dmz, kind: qinq, vlan: 700, inner_vlan: 20, prefixes: [10.2.0.0/24]}
        - {name: graz, site: Graz, zone: branch, kind: vxlan, vni: 5010, tunnel_endpoint: 198.51.100.1, prefixes: [10.3.0.0/16]}
        - {name: lab, zone: lab, kind: port, port: east, prefixes: [10.4.0.0/16]}
        - {name: home, zone: home, kind: prefix, prefixes: [198.51.100.64/26]}
      addresses:
        - {name: web-server, addresses: 10.2.0.10}
        - {name: office, addresses: [10.1.0.0/16, 10.3.0.10-10.3.0.20, '2001:db8:a:1::/64']}
      address_groups:
        - {name: servers, members: [web-server, 10.2.0.20]}
        - {name: everybody, members: [servers, office]}
      services:
        - {name: erp, match: [tcp/8443, udp/1024-65535>5000, icmp/3/4, ip/89]}
      service_groups:
        - {name: web, members: [http, https, erp, tcp/8080-8090]}
      schedules:
        - {name: office-hours, days: mon-fri, hours: [08:00-12:00, 13:00-18:00]}
        - {name: nights, hours: 22:00-06:00}
      users: [anna@acme.example]
      user_groups: [finance]
      rules:
        - {name: web-in, from: internet, to: dmz, destination: 192.0.2.10, service: web, action: allow, log: true}
        - name: office-out
          from: [inside, branch]
          to: internet
          source: [office, 10.3.1.0/24]
          destination: any
          service: [web, dns, udp/4000]
          users: [finance, anna@acme.example]
          schedule: [office-hours, nights]
          action: reject
        - {name: old, disabled: true, action: drop}
      nat:
        - {name: out, kind: source, from: [inside, branch], to: internet, source: office, pool: [192.0.2.16/29, 192.0.2.32]}
        - {name: web, kind: port-forward, from: internet, public: 192.0.2.10, service: https, server: 10.2.0.10, server_port: 8443, hairpin: false}
        - {name: mail, kind: one-to-one, public: 192.0.2.11, inside: 10.2.0.25}
        - {name: no-nat, kind: exempt, from: inside, to: branch, source: 10.1.0.0/16}
      timeouts: {tcp_half_open: 20 s, tcp_established: 1 h, tcp_closing: 1 min, udp: 2 min, udp_single: 10 s, icmp: 5 s, other: 5 min}
      limits: {flows: 50000, new_flows_per_second: 2000, flows_per_source: 1000, new_flows_per_source_per_second: 100}
      committed_rate: {inbound: {bits: 500 Mbps}, outbound: {bits: 200 Mbps, packets: 100 kpps}}
      outbound: {contain: block, new_flows_per_second: 300, targets_per_second: 40, packets_per_second: 5000, contained_new_flows_per_second: 3, hold: 10 min}
      strict_tcp: false
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
