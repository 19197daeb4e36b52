// What the API answered in the firewall lab while two hosts attacked. Written by tests/e2e/outbound_test.py; do not edit.
import type { components } from "../../src/api/schema";

type Schemas = components["schemas"];

export const overview: Schemas["Overview"] = {
 "at": "2026-11-22T00:39:56.461Z",
 "tenants": 2,
 "tenants_under_attack": 0,
 "attacks": [],
 "attackers_now": 2,
 "attackers": [
  {
   "tenant_id": "tenant-1",
   "tenant_name": "Acme Ltd",
   "attacker": {
    "address": "10.1.0.10",
    "conduct": "udp-flood",
    "sentence": "10.1.0.10 attacks others: it sends many UDP packets to the internet that nobody answers. It opens only a few new connections until it stops; those that are open go on.",
    "action": "limit",
    "since": "2026-11-22T00:39:49.511Z",
    "last_at": "2026-11-22T00:39:55.511Z",
    "until": "2026-11-22T00:40:05.511Z",
    "new_flows_per_s": 1882,
    "unanswered_percent": 100,
    "hosts": 1,
    "ports": 1,
    "packets_per_s": 118,
    "bits_per_s": 404032,
    "held_back": 7949
   }
  },
  {
   "tenant_id": "tenant-2",
   "tenant_name": "Bolt Ltd",
   "attacker": {
    "address": "2001:db8:2:1::10",
    "conduct": "tcp-flood",
    "sentence": "2001:db8:2:1::10 attacks others: it begins many connections with a few computers on the internet and finishes none. It opens no new connections until it stops; those that are open go on.",
    "action": "block",
    "since": "2026-11-22T00:39:49.511Z",
    "last_at": "2026-11-22T00:39:55.511Z",
    "until": "2026-11-22T00:40:05.511Z",
    "new_flows_per_s": 1884,
    "unanswered_percent": 100,
    "hosts": 1,
    "ports": 1,
    "packets_per_s": 116,
    "bits_per_s": 55680,
    "held_back": 7998
   }
  }
 ],
 "mitigations_active": 0,
 "mitigations_proposed": 0,
 "inbound": {
  "packets_per_s": 0,
  "bits_per_s": 0
 },
 "passed": {
  "packets_per_s": 3800,
  "bits_per_s": 3091078
 },
 "dropped": {
  "packets_per_s": 3983,
  "bits_per_s": 8214989
 },
 "gateways_up": 1,
 "gateways": 1,
 "collectors_up": 0,
 "collectors": 0,
 "speakers_up": 0,
 "speakers": 0,
 "alarms": [
  {
   "code": "speaker-down",
   "subject": "",
   "severity": "critical",
   "raised_at": "2026-11-22T00:39:43.801Z",
   "cleared_at": null,
   "sentence": "The BGP speaker does not answer: controller.speaker: no BGP speaker is configured (run gobgpd and give its address as speaker.server)",
   "what_to_do": "What is announced stays as it is, nothing new can be. Look at gobgpd."
  }
 ]
};

export const events: Schemas["EventPage"] = {
 "items": [
  {
   "sequence": 4,
   "at": "2026-11-22T00:39:51.735Z",
   "kind": "attacker.named",
   "tenant_id": "tenant-2",
   "incident_id": null,
   "mitigation_id": null,
   "text": "2001:db8:2:1::10 attacks others: it begins many connections with a few computers on the internet and finishes none. It opens no new connections until it stops; those that are open go on."
  },
  {
   "sequence": 3,
   "at": "2026-11-22T00:39:51.728Z",
   "kind": "attacker.named",
   "tenant_id": "tenant-1",
   "incident_id": null,
   "mitigation_id": null,
   "text": "10.1.0.10 attacks others: it sends many UDP packets to the internet that nobody answers. It opens only a few new connections until it stops; those that are open go on."
  },
  {
   "sequence": 2,
   "at": "2026-11-22T00:39:44.295Z",
   "kind": "gateway.up",
   "tenant_id": null,
   "incident_id": null,
   "mitigation_id": null,
   "text": "The gateway guard-1 can take traffic."
  },
  {
   "sequence": 1,
   "at": "2026-11-22T00:39:43.801Z",
   "kind": "alarm.raised",
   "tenant_id": null,
   "incident_id": null,
   "mitigation_id": null,
   "text": "The BGP speaker does not answer: controller.speaker: no BGP speaker is configured (run gobgpd and give its address as speaker.server) What is announced stays as it is, nothing new can be. Look at gobgpd."
  }
 ],
 "next_cursor": null
};

export const firewall: Schemas["Firewall"] = {
 "tenant_id": "tenant-1",
 "state": "in_force",
 "sentence": "The firewall is in force.",
 "policy_version": 2,
 "at": "2026-11-22T00:39:56.462Z",
 "time_zone": "UTC",
 "zones": [
  "internet",
  "inside",
  "dmz",
  "branch"
 ],
 "networks": [
  {
   "name": "hq-inside",
   "zone": "inside",
   "site": "Headquarters",
   "kind": "port",
   "prefixes": [
    "10.1.0.0/16",
    "2001:db8:1:1::/64"
   ],
   "sentence": "Port acme-inside, zone inside, at Headquarters, with 10.1.0.0/16 and 2001:db8:1:1::/64."
  },
  {
   "name": "hq-dmz",
   "zone": "dmz",
   "site": "Headquarters",
   "kind": "port",
   "prefixes": [
    "10.2.0.0/16",
    "2001:db8:1:2::/64"
   ],
   "sentence": "Port acme-dmz, zone dmz, at Headquarters, with 10.2.0.0/16 and 2001:db8:1:2::/64."
  },
  {
   "name": "graz",
   "zone": "branch",
   "site": "Graz",
   "kind": "vxlan",
   "prefixes": [
    "10.3.0.0/16",
    "2001:db8:1:3::/64"
   ],
   "sentence": "VXLAN 5010 to 100.64.51.2, zone branch, at Graz, with 10.3.0.0/16 and 2001:db8:1:3::/64."
  }
 ],
 "matrix": [
  {
   "from": "internet",
   "to": "inside",
   "verdict": "denied",
   "rules": [
    "the-rest"
   ],
   "except": [],
   "sentence": "From internet to inside nothing gets through: rule the-rest refuses it."
  },
  {
   "from": "internet",
   "to": "dmz",
   "verdict": "partly",
   "rules": [
    "web-in",
    "mail-in"
   ],
   "except": [],
   "sentence": "From internet to dmz only what web-in and mail-in allow gets through."
  },
  {
   "from": "internet",
   "to": "branch",
   "verdict": "denied",
   "rules": [
    "the-rest"
   ],
   "except": [],
   "sentence": "From internet to branch nothing gets through: rule the-rest refuses it."
  },
  {
   "from": "inside",
   "to": "internet",
   "verdict": "partly",
   "rules": [
    "office-out"
   ],
   "except": [],
   "sentence": "From inside to internet only what office-out allows gets through."
  },
  {
   "from": "inside",
   "to": "inside",
   "verdict": "denied",
   "rules": [
    "the-rest"
   ],
   "except": [],
   "sentence": "From inside to inside nothing gets through: rule the-rest refuses it."
  },
  {
   "from": "inside",
   "to": "dmz",
   "verdict": "partly",
   "rules": [
    "by-log-in",
    "inside-to-dmz"
   ],
   "except": [],
   "sentence": "From inside to dmz only what by-log-in and inside-to-dmz allow gets through."
  },
  {
   "from": "inside",
   "to": "branch",
   "verdict": "partly",
   "rules": [
    "administration"
   ],
   "except": [],
   "sentence": "From inside to branch only what administration allows gets through."
  },
  {
   "from": "dmz",
   "to": "internet",
   "verdict": "partly",
   "rules": [
    "updates-out",
    "mail-out"
   ],
   "except": [],
   "sentence": "From dmz to internet only what updates-out and mail-out allow gets through."
  },
  {
   "from": "dmz",
   "to": "inside",
   "verdict": "denied",
   "rules": [
    "dmz-stays-out"
   ],
   "except": [],
   "sentence": "From dmz to inside nothing gets through: rule dmz-stays-out refuses it."
  },
  {
   "from": "dmz",
   "to": "dmz",
   "verdict": "partly",
   "rules": [
    "own-web-by-its-public-name"
   ],
   "except": [],
   "sentence": "From dmz to dmz only what own-web-by-its-public-name allows gets through."
  },
  {
   "from": "dmz",
   "to": "branch",
   "verdict": "denied",
   "rules": [
    "dmz-stays-out"
   ],
   "except": [],
   "sentence": "From dmz to branch nothing gets through: rule dmz-stays-out refuses it."
  },
  {
   "from": "branch",
   "to": "internet",
   "verdict": "partly",
   "rules": [
    "office-out"
   ],
   "except": [],
   "sentence": "From branch to internet only what office-out allows gets through."
  },
  {
   "from": "branch",
   "to": "inside",
   "verdict": "partly",
   "rules": [
    "branch-to-erp"
   ],
   "except": [],
   "sentence": "From branch to inside only what branch-to-erp allows gets through."
  },
  {
   "from": "branch",
   "to": "dmz",
   "verdict": "partly",
   "rules": [
    "branch-to-web"
   ],
   "except": [],
   "sentence": "From branch to dmz only what branch-to-web allows gets through."
  },
  {
   "from": "branch",
   "to": "branch",
   "verdict": "denied",
   "rules": [
    "the-rest"
   ],
   "except": [],
   "sentence": "From branch to branch nothing gets through: rule the-rest refuses it."
  }
 ],
 "rules": [
  {
   "name": "by-log-in",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow tcp 8443 from inside to dmz, users administrators.",
   "asks": [],
   "example": "tcp 10.1.0.10:40000 > 10.2.0.10:8443 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "web-in",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow web from internet to dmz, destination web-public.",
   "asks": [],
   "example": "tcp 198.51.100.7:40000 > 192.0.2.10:80 syn",
   "hits": 378,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": "2026-11-22T00:39:56.000Z"
  },
  {
   "name": "mail-in",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow smtp and ping from internet to dmz, destination mail-public.",
   "asks": [],
   "example": "tcp 198.51.100.7:40000 > 192.0.2.11:25 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "no-ssh-from-outside",
   "enabled": true,
   "action": "reject",
   "log": false,
   "sentence": "Reject ssh from internet to dmz.",
   "asks": [],
   "example": "tcp 198.51.100.7:40000 > 192.0.2.11:22 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "inside-to-dmz",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow office, ssh and smtp from inside to dmz.",
   "asks": [],
   "example": "tcp 10.1.0.10:40000 > 10.2.0.10:80 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "branch-to-web",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow web from branch to dmz, destination web-server and web-public.",
   "asks": [],
   "example": "tcp 10.3.0.10:40000 > 10.2.0.10:80 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "own-web-by-its-public-name",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow http from dmz to dmz, destination web-public.",
   "asks": [],
   "example": "tcp 10.2.0.10:40000 > 192.0.2.10:80 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "branch-to-erp",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow erp from branch to inside, destination erp-server.",
   "asks": [],
   "example": "tcp 10.3.0.10:40000 > 10.1.0.10:8443 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "branch-stays-out",
   "enabled": true,
   "action": "reject",
   "log": true,
   "sentence": "Reject everything from branch to inside, logged.",
   "asks": [],
   "example": "tcp 10.3.0.10:40000 > 10.1.0.10:443 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "dmz-stays-out",
   "enabled": true,
   "action": "reject",
   "log": true,
   "sentence": "Reject everything from dmz to inside and branch, logged.",
   "asks": [],
   "example": "tcp 10.2.0.10:40000 > 10.1.0.10:443 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "administration",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow ssh, ping and udp 5000-5010 from inside to branch.",
   "asks": [],
   "example": "tcp 10.1.0.10:40000 > 10.3.0.10:22 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "office-out",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow office from inside and branch to internet.",
   "asks": [],
   "example": "tcp 10.1.0.10:40000 > 198.51.100.7:80 syn",
   "hits": 5229,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": "2026-11-22T00:39:56.000Z"
  },
  {
   "name": "no-mail-from-desks",
   "enabled": true,
   "action": "reject",
   "log": false,
   "sentence": "Reject smtp from inside and branch to internet.",
   "asks": [],
   "example": "tcp 10.1.0.10:40000 > 198.51.100.7:25 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "updates-out",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow https and dns from dmz to internet, source web-server.",
   "asks": [],
   "example": "tcp 10.2.0.10:40000 > 198.51.100.7:443 syn",
   "hits": 754,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": "2026-11-22T00:39:56.000Z"
  },
  {
   "name": "mail-out",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow smtp and dns from dmz to internet, source 10.2.0.20 and 2001:db8:1:2::20.",
   "asks": [],
   "example": "tcp 10.2.0.20:40000 > 198.51.100.7:25 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "the-rest",
   "enabled": true,
   "action": "drop",
   "log": true,
   "sentence": "Drop everything, logged.",
   "asks": [],
   "example": "tcp 10.1.0.10:40000 > 10.2.0.10:443 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  }
 ],
 "tables": [],
 "nat": [
  {
   "name": "web",
   "kind": "port_forward",
   "sentence": "What arrives for 192.0.2.10, web, goes to the server 10.2.0.10."
  },
  {
   "name": "mail",
   "kind": "one_to_one",
   "sentence": "10.2.0.20 inside is 192.0.2.11 outside, in both directions."
  },
  {
   "name": "between-sites",
   "kind": "exempt",
   "sentence": "Connections from inside, branch and dmz to inside, branch and dmz keep their addresses."
  },
  {
   "name": "out",
   "kind": "source",
   "sentence": "Connections from inside, branch and dmz to internet leave with one of the public addresses 192.0.2.16/29."
  }
 ],
 "committed": {
  "inbound": {
   "packets_per_s": null,
   "bits_per_s": null
  },
  "outbound": {
   "packets_per_s": null,
   "bits_per_s": null
  }
 },
 "limits": {
  "flows": 100000,
  "new_flows_per_s": null,
  "flows_per_source": null,
  "new_flows_per_source_per_s": null
 },
 "outbound": {
  "contain": "limit",
  "new_flows_per_s": 200,
  "targets_per_s": 50,
  "packets_per_s": 10000,
  "contained_new_flows_per_s": 5,
  "hold_s": 10
 },
 "attackers": [
  {
   "address": "10.1.0.10",
   "conduct": "udp-flood",
   "sentence": "10.1.0.10 attacks others: it sends many UDP packets to the internet that nobody answers. It opens only a few new connections until it stops; those that are open go on.",
   "action": "limit",
   "since": "2026-11-22T00:39:49.511Z",
   "last_at": "2026-11-22T00:39:55.511Z",
   "until": "2026-11-22T00:40:05.511Z",
   "new_flows_per_s": 1882,
   "unanswered_percent": 100,
   "hosts": 1,
   "ports": 1,
   "packets_per_s": 118,
   "bits_per_s": 404032,
   "held_back": 7949
  }
 ],
 "flows": {
  "open": 6361,
  "opened": 6361,
  "nat_ports": 5056
 },
 "gateways": 1
};

export const blocked: Schemas["Firewall"] = {
 "tenant_id": "tenant-2",
 "state": "in_force",
 "sentence": "The firewall is in force.",
 "policy_version": 2,
 "at": "2026-11-22T00:39:56.464Z",
 "time_zone": "UTC",
 "zones": [
  "internet",
  "inside",
  "branch"
 ],
 "networks": [
  {
   "name": "hq",
   "zone": "inside",
   "site": null,
   "kind": "port",
   "prefixes": [
    "10.0.0.0/8",
    "2001:db8:2:1::/64"
   ],
   "sentence": "Port bolt-inside, zone inside, with 10.0.0.0/8 and 2001:db8:2:1::/64."
  },
  {
   "name": "linz",
   "zone": "branch",
   "site": null,
   "kind": "vxlan",
   "prefixes": [
    "10.3.0.0/16",
    "2001:db8:2:3::/64"
   ],
   "sentence": "VXLAN 5020 to 100.64.52.2, zone branch, with 10.3.0.0/16 and 2001:db8:2:3::/64."
  }
 ],
 "matrix": [
  {
   "from": "internet",
   "to": "inside",
   "verdict": "partly",
   "rules": [
    "published"
   ],
   "except": [],
   "sentence": "From internet to inside only what published allows gets through."
  },
  {
   "from": "internet",
   "to": "branch",
   "verdict": "denied",
   "rules": [],
   "except": [],
   "sentence": "From internet to branch nothing gets through: no rule allows it."
  },
  {
   "from": "inside",
   "to": "internet",
   "verdict": "allowed",
   "rules": [
    "out"
   ],
   "except": [],
   "sentence": "From inside to internet everything gets through, by rule out."
  },
  {
   "from": "inside",
   "to": "inside",
   "verdict": "allowed",
   "rules": [
    "sites"
   ],
   "except": [],
   "sentence": "From inside to inside everything gets through, by rule sites."
  },
  {
   "from": "inside",
   "to": "branch",
   "verdict": "allowed",
   "rules": [
    "sites"
   ],
   "except": [],
   "sentence": "From inside to branch everything gets through, by rule sites."
  },
  {
   "from": "branch",
   "to": "internet",
   "verdict": "allowed",
   "rules": [
    "out"
   ],
   "except": [],
   "sentence": "From branch to internet everything gets through, by rule out."
  },
  {
   "from": "branch",
   "to": "inside",
   "verdict": "allowed",
   "rules": [
    "sites"
   ],
   "except": [],
   "sentence": "From branch to inside everything gets through, by rule sites."
  },
  {
   "from": "branch",
   "to": "branch",
   "verdict": "allowed",
   "rules": [
    "sites"
   ],
   "except": [],
   "sentence": "From branch to branch everything gets through, by rule sites."
  }
 ],
 "rules": [
  {
   "name": "sites",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow everything from inside and branch to inside and branch.",
   "asks": [],
   "example": "tcp 10.0.0.10:40000 > 10.3.0.10:443 syn",
   "hits": 0,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": null
  },
  {
   "name": "published",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow http from internet to inside, destination 198.51.100.10.",
   "asks": [],
   "example": "tcp 203.0.113.7:40000 > 198.51.100.10:80 syn",
   "hits": 189,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": "2026-11-22T00:39:56.000Z"
  },
  {
   "name": "out",
   "enabled": true,
   "action": "allow",
   "log": false,
   "sentence": "Allow everything from inside and branch to internet.",
   "asks": [],
   "example": "tcp 10.0.0.10:40000 > 203.0.113.7:443 syn",
   "hits": 5200,
   "counted_since": "2026-11-22T00:39:44.000Z",
   "last_hit_at": "2026-11-22T00:39:56.000Z"
  }
 ],
 "tables": [],
 "nat": [
  {
   "name": "web",
   "kind": "port_forward",
   "sentence": "What arrives for 198.51.100.10, http, goes to the server 10.1.0.10."
  },
  {
   "name": "between-sites",
   "kind": "exempt",
   "sentence": "Connections from inside and branch to inside and branch keep their addresses."
  },
  {
   "name": "out",
   "kind": "source",
   "sentence": "Connections from inside and branch to internet leave with one of the public addresses 198.51.100.16/30."
  }
 ],
 "committed": {
  "inbound": {
   "packets_per_s": null,
   "bits_per_s": null
  },
  "outbound": {
   "packets_per_s": null,
   "bits_per_s": null
  }
 },
 "limits": {
  "flows": 100000,
  "new_flows_per_s": null,
  "flows_per_source": null,
  "new_flows_per_source_per_s": null
 },
 "outbound": {
  "contain": "block",
  "new_flows_per_s": 200,
  "targets_per_s": 50,
  "packets_per_s": 10000,
  "contained_new_flows_per_s": 5,
  "hold_s": 10
 },
 "attackers": [
  {
   "address": "2001:db8:2:1::10",
   "conduct": "tcp-flood",
   "sentence": "2001:db8:2:1::10 attacks others: it begins many connections with a few computers on the internet and finishes none. It opens no new connections until it stops; those that are open go on.",
   "action": "block",
   "since": "2026-11-22T00:39:49.511Z",
   "last_at": "2026-11-22T00:39:55.511Z",
   "until": "2026-11-22T00:40:05.511Z",
   "new_flows_per_s": 1884,
   "unanswered_percent": 100,
   "hosts": 1,
   "ports": 1,
   "packets_per_s": 116,
   "bits_per_s": 55680,
   "held_back": 7998
  }
 ],
 "flows": {
  "open": 5389,
  "opened": 5389,
  "nat_ports": 640
 },
 "gateways": 1
};

export const status: Schemas["TenantStatus"] = {
 "tenant_id": "tenant-1",
 "state": "protected",
 "since": "2026-11-22T00:39:43.708Z",
 "sentence": "You are protected.",
 "open_incidents": [],
 "active_mitigations": [],
 "proposed_mitigations": [],
 "attackers": [
  {
   "address": "10.1.0.10",
   "conduct": "udp-flood",
   "sentence": "10.1.0.10 attacks others: it sends many UDP packets to the internet that nobody answers. It opens only a few new connections until it stops; those that are open go on.",
   "action": "limit",
   "since": "2026-11-22T00:39:49.511Z",
   "last_at": "2026-11-22T00:39:55.511Z",
   "until": "2026-11-22T00:40:05.511Z",
   "new_flows_per_s": 1882,
   "unanswered_percent": 100,
   "hosts": 1,
   "ports": 1,
   "packets_per_s": 118,
   "bits_per_s": 404032,
   "held_back": 7949
  }
 ],
 "at": "2026-11-22T00:39:55.000Z",
 "inbound": {
  "packets_per_s": 0,
  "bits_per_s": 0
 },
 "passed": {
  "packets_per_s": 2613,
  "bits_per_s": 2109218
 },
 "dropped": {
  "packets_per_s": 1989,
  "bits_per_s": 7034342
 }
};

export const logIns: Schemas["UserBindingPage"] = {
 "items": [
  {
   "id": "10.1.0.10-32",
   "tenant_id": "tenant-1",
   "prefix": "10.1.0.10/32",
   "user": "anna",
   "groups": [
    "administrators"
   ],
   "since": "2026-11-22T00:39:56.451Z",
   "expires_at": "2026-11-22T08:39:56.451Z"
  },
  {
   "id": "10.1.3.0-24",
   "tenant_id": "tenant-1",
   "prefix": "10.1.3.0/24",
   "user": "training-room-3",
   "groups": [
    "guests"
   ],
   "since": "2026-11-22T00:39:56.454Z",
   "expires_at": "2026-11-22T08:39:56.454Z"
  },
  {
   "id": "2001:db8:1:1::-64",
   "tenant_id": "tenant-1",
   "prefix": "2001:db8:1:1::/64",
   "user": "maximilian.mustermann@verwaltung.acme.example",
   "groups": [
    "administrators",
    "vpn-users",
    "finance-and-controlling"
   ],
   "since": "2026-11-22T00:39:56.456Z",
   "expires_at": "2026-11-22T08:39:56.456Z"
  }
 ],
 "next_cursor": null
};

export const explained: Schemas["Explained"] = {
 "tenant_id": "tenant-1",
 "at": "2026-11-22T00:39:56.468Z",
 "generation": 1795307983724511,
 "tables": [],
 "packets": [
  {
   "packet": "udp 10.1.0.10:40000 > 198.18.200.10:53",
   "from": "hq-inside",
   "verdict": "pass",
   "reason": null,
   "rule": "office-out",
   "user": "anna",
   "sentence": "The packet passes, towards the internet. But now: 10.1.0.10 attacks others: it sends many UDP packets to the internet that nobody answers. It opens only a few new connections until it stops; those that are open go on.",
   "path": [
    {
     "stage": "parse",
     "verdict": "pass",
     "rule": null,
     "text": "The packet is whole: udp 10.1.0.10:40000 > 198.18.200.10:53."
    },
    {
     "stage": "tenant",
     "verdict": "pass",
     "rule": null,
     "text": "It comes from the customer's network 'hq-inside' (zone 'inside')."
    },
    {
     "stage": "flow",
     "verdict": "pass",
     "rule": null,
     "text": "It belongs to no open connection."
    },
    {
     "stage": "firewall",
     "verdict": "pass",
     "rule": null,
     "text": "'anna' is logged in at 10.1.0.10."
    },
    {
     "stage": "firewall",
     "verdict": "pass",
     "rule": "office-out",
     "text": "Rule 'office-out' allows it, from zone 'inside' to zone 'internet'."
    },
    {
     "stage": "nat",
     "verdict": "pass",
     "rule": "out",
     "text": "Rule 'out' changes its source from 10.1.0.10:40000 to 192.0.2.18:11788."
    },
    {
     "stage": "output",
     "verdict": "pass",
     "rule": null,
     "text": "It leaves towards the internet."
    }
   ],
   "to": "internet",
   "sent": "udp 192.0.2.18:11788 > 198.18.200.10:53 ttl 63",
   "changes": [],
   "attacker": {
    "address": "10.1.0.10",
    "conduct": "udp-flood",
    "sentence": "10.1.0.10 attacks others: it sends many UDP packets to the internet that nobody answers. It opens only a few new connections until it stops; those that are open go on.",
    "action": "limit",
    "since": "2026-11-22T00:39:49.511Z",
    "last_at": "2026-11-22T00:39:55.511Z",
    "until": "2026-11-22T00:40:05.511Z",
    "new_flows_per_s": 1882,
    "unanswered_percent": 100,
    "hosts": 1,
    "ports": 1,
    "packets_per_s": 118,
    "bits_per_s": 404032,
    "held_back": 7949
   }
  }
 ]
};
