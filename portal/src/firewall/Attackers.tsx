// Computers of the customer that attack others: which, what they do, and what is done about it.
import type { Firewall } from "../api/types";
import { bitRate, exactCount, packetRate } from "../format/units";
import { listed } from "../format/words";
import { stranger, tcp } from "../logic/questions";
import { ExplainLink } from "../parts/ExplainLink";
import { Panel } from "../parts/Panel";
import { When } from "../parts/When";

type Attacker = Firewall["attackers"][number];

// Nothing to say is said in one line (QuietAttackers), beside the figures.
export function Attackers({ firewall }: { firewall: Firewall }) {
  const { attackers, outbound, tenant_id, networks } = firewall;
  if (attackers.length === 0) return null;
  const own = networks.flatMap((network) => network.prefixes);
  return (
    <Panel
      className="panel--urgent"
      title={attackers.length === 1 ? "A computer inside attacks others" : `${attackers.length} computers inside attack others`}
      note={outbound === null ? undefined : policyText(outbound)}
    >
      <ul className="attackers">
        {attackers.map((attacker) => (
          <li key={attacker.address}>
            <p>
              <strong>{attacker.sentence}</strong>
            </p>
            <p className="quiet">
              {measured(attacker)} Since <When at={attacker.since} />, last seen <When at={attacker.last_at} show="relative" />. Look for malicious software on it.{" "}
              <ExplainLink tenantId={tenant_id} question={{ packet: tcp(attacker.address, stranger(own, attacker.address.includes(":")), 443) }} about="">
                See what becomes of its packets
              </ExplainLink>
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function QuietAttackers({ firewall: { attackers, outbound } }: { firewall: Firewall }) {
  if (attackers.length > 0 || outbound === null) return null;
  return (
    <p className="firewall__limits quiet">
      {outbound.contain !== "off" && "No computer inside attacks others. "}
      {policyText(outbound)}
    </p>
  );
}

function measured(attacker: Attacker): string {
  const parts: string[] = [];
  if (attacker.new_flows_per_s > 0) parts.push(`${exactCount(attacker.new_flows_per_s)} new connections a second, ${attacker.unanswered_percent} % unanswered`);
  if (attacker.packets_per_s > 0) parts.push(`${packetRate(attacker.packets_per_s)}, ${bitRate(attacker.bits_per_s)}`);
  if (attacker.held_back > 0) parts.push(`${exactCount(attacker.held_back)} packets held back`);
  return parts.length > 0 ? `${listed(parts)}.` : "";
}

function policyText(outbound: NonNullable<Firewall["outbound"]>): string {
  switch (outbound.contain) {
    case "off":
      return "Whether computers inside attack others is not measured: the policy switches it off.";
    case "watch":
      return "One that floods or scans the internet is named here; nothing is held back.";
    case "limit":
      return `One that floods or scans the internet may open ${exactCount(outbound.contained_new_flows_per_s)} new connections a second until it stops. What is open goes on.`;
    case "block":
      return "One that floods or scans the internet opens no new connections until it stops. What is open goes on.";
  }
}
