// Who there is in the tests, and what the customers want.
export const password = "correct horse battery";

export const people = [
  { login: "operator", role: "operator_admin", slug: null },
  { login: "viewer", role: "operator_viewer", slug: null },
  { login: "anna@acme.example", role: "tenant_admin", slug: "acme" },
  { login: "ben@acme.example", role: "tenant_viewer", slug: "acme" },
  { login: "carol@bank.example", role: "tenant_admin", slug: "harbour-bank" },
  { login: "dora@games.example", role: "tenant_admin", slug: "solstice-games" },
  { login: "emil@hospital.example", role: "tenant_admin", slug: "city-hospital" },
  { login: "finn@school.example", role: "tenant_admin", slug: "elm-street-school" },
] as const;

export type Login = (typeof people)[number]["login"];

const detection = `detection: { hold_down: 2 s, thresholds: [
      { name: syn-flood, scope: host, vector: tcp-syn, packets: 10 kpps },
      { name: udp-flood, scope: host, vector: udp, packets: 10 kpps },
      { name: ntp-reflection, scope: host, vector: ntp, packets: 5 kpps } ] }`;

const quiet = ["Borealis Shipping", "Delft Instruments", "Fjord Energy", "Gale Brothers", "Iris Optics", "Juniper Hotels", "Kite Aviation", "Lumen Media", "Oak Insurance", "Vale Water"];
const slug = (name: string) => name.toLowerCase().replaceAll(" ", "-");

export const policy = `tenants:
  - slug: acme
    name: Acme Ltd
    sites: [{ name: Headquarters, line_rate: 1 Gbps }]
    prefixes:
      - { prefix: 192.0.2.0/24, consent: auto, site: Headquarters }
      - { prefix: "2001:db8:a::/48", consent: ask, site: Headquarters }
    protection: { template: web, services: [tcp/443, udp/443] }
    ${detection}
  - slug: harbour-bank
    name: Harbour Bank
    sites: [{ name: Data centre, line_rate: 10 Gbps }]
    prefixes: [{ prefix: 198.51.100.0/24, consent: ask, site: Data centre }]
    ${detection}
  - slug: solstice-games
    name: Solstice Games
    prefixes: [{ prefix: 203.0.113.0/24, consent: "off" }]
    ${detection}
  - slug: tern-logistics
    name: Tern Logistics
    prefixes: [{ prefix: 198.51.101.0/24, consent: auto }]
    ${detection}
  - slug: city-hospital
    name: City Hospital
    sites: [{ name: Main building, line_rate: 1 Gbps }]
    prefixes: [{ prefix: 198.51.102.0/24, consent: auto }]
    firewall:
      zones: [ward, dmz]
      attachments:
        - { name: ward, site: Main building, zone: ward, kind: vlan, vlan: 110, gateway4: 10.1.0.1, prefixes: [10.1.0.0/16] }
        - { name: dmz, site: Main building, zone: dmz, kind: vlan, vlan: 120, gateway4: 10.2.0.1, prefixes: [10.2.0.0/24] }
      addresses: [{ name: web-public, addresses: 198.51.102.80 }]
      rules:
        - { name: no-telnet, service: tcp/23, action: reject, log: true }
        - { name: web-in, from: internet, to: dmz, destination: web-public, service: [http, https], action: allow }
        - { name: ward-out, from: ward, to: internet, action: allow }
      nat:
        - { name: ward-out, kind: source, from: ward, to: internet, pool: 198.51.102.200 }
        - { name: web-forward, kind: port-forward, public: 198.51.102.80, service: https, server: 10.2.0.10 }
      limits: { flows: 20000, new_flows_per_second: 500 }
    ${detection}
  - slug: elm-street-school
    name: Elm Street School
    prefixes: [{ prefix: 198.51.103.0/24, consent: "off" }]
${quiet.map((name, i) => `  - { slug: ${slug(name)}, name: ${name}, prefixes: [{ prefix: 198.18.${i}.0/24, consent: auto }] }`).join("\n")}
`;
