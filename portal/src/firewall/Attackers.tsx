// Computers of the customer that attack others: which, what they do, and what is done about it.
import type { Firewall } from "../api/types";
import { bitRate, exactCount, packetRate } from "../format/units";
import { listed } from "../format/words";
import { Panel } from "../parts/Panel";
import { When } from "../parts/When";

type Attacker = Firewall["attackers"][number];

export function Attackers({ firewall }: { firewall: Firewall }) {
  const { attackers, outbound } = firewall;
  return (
    <Panel title="Computers of yours that attack others" note={outbound === null ? undefined : policyText(outbound)}>
      {attackers.length === 0 ? (
        <p className="quiet">None does.</p>
      ) : (
        <ul className="plain">
          {attackers.map((attacker) => (
            <li key={attacker.address}>
              <strong>{attacker.sentence}</strong>
              <span className="firewall__sentence">
                {measured(attacker)} Since <When at={attacker.since} />, last seen <When at={attacker.last_at} show="relative" />. Look for malicious software on it.
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
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
      return "Nobody is measured: the policy switches this off.";
    case "watch":
      return "One that floods or scans the internet is named here; nothing is held back.";
    case "limit":
      return `One that floods or scans the internet may open ${exactCount(outbound.contained_new_flows_per_s)} new connections a second until it stops. What is open goes on.`;
    case "block":
      return "One that floods or scans the internet opens no new connections until it stops. What is open goes on.";
  }
}
