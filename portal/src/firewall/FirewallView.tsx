// A customer's firewall in words: who gets where, by which rules, how often, and with which address.
import type { Firewall } from "../api/types";
import { bitRate, exactCount, packetRate } from "../format/units";
import { listed } from "../format/words";
import { Empty } from "../parts/Empty";
import { Facts } from "../parts/Facts";
import { Panel } from "../parts/Panel";
import { Attackers, PastAttackers, QuietAttackers } from "./Attackers";
import { LogIns } from "./LogIns";
import { RuleList } from "./RuleList";
import { ZoneMatrix } from "./ZoneMatrix";
import "../styles/firewall.scss";

type Named = { name: string; sentence: string };

export function FirewallView({ firewall }: { firewall: Firewall }) {
  if (firewall.zones.length < 2) {
    return (
      <Empty title="There is no firewall here.">
        {firewall.sentence} Zones, rules and public addresses are described in the policy file; the how-to “Write a firewall policy” goes through a whole one.
      </Empty>
    );
  }
  return (
    <>
      <Attackers firewall={firewall} />
      <div className="split">
        <Panel title="Who gets where" note="Rows are where a connection begins, columns where it goes. Answers come back by themselves. Choose a field to read what it means.">
          <ZoneMatrix tenantId={firewall.tenant_id} zones={firewall.zones} pairs={firewall.matrix} networks={firewall.networks} />
        </Panel>
        <Panel title="Now">
          <Facts items={figures(firewall)} />
          <p className="firewall__limits quiet">{limits(firewall)}</p>
          <QuietAttackers firewall={firewall} />
        </Panel>
      </div>
      <Panel title="Rules" note="The first rule that matches decides. What none of them matches is dropped.">
        {firewall.tables.map((table) => (
          <p key={table.name} className={table.edition === null ? "rules__table rules__table--missing" : "rules__table quiet"}>
            {table.sentence}
          </p>
        ))}
        {firewall.rules.length === 0 ? <p className="quiet">There are none: nothing gets through.</p> : <RuleList tenantId={firewall.tenant_id} rules={firewall.rules} />}
      </Panel>
      <LogIns tenantId={firewall.tenant_id} rules={firewall.rules} />
      <PastAttackers tenantId={firewall.tenant_id} />
      <div className="pair">
        <Panel title="Addresses outside" note="How the addresses inside look from the internet, and what is reachable from there.">
          <Sentences kind="nat" items={firewall.nat} none="Nothing is translated: addresses stay as they are." />
        </Panel>
        <Panel title="Networks" note="Where each part of the network is connected.">
          <Sentences kind="network" items={firewall.networks} none="No network is connected yet." />
        </Panel>
      </div>
    </>
  );
}

function figures({ flows, gateways }: Firewall): [string, string][] {
  return [
    ["Connections now", exactCount(flows.open)],
    ["Opened so far", exactCount(flows.opened)],
    ["Public ports in use", exactCount(flows.nat_ports)],
    ["Gateways that enforce it", String(gateways)],
  ];
}

// One paragraph; what has no limit is not listed.
function limits({ limits: most, committed }: Firewall): string {
  const parts: string[] = [];
  if (most.flows !== null) parts.push(`${exactCount(most.flows)} connections at a time`);
  if (most.new_flows_per_s !== null) parts.push(`${exactCount(most.new_flows_per_s)} new ones a second`);
  if (most.flows_per_source !== null) parts.push(`${exactCount(most.flows_per_source)} of one sender`);
  if (most.new_flows_per_source_per_s !== null) parts.push(`${exactCount(most.new_flows_per_source_per_s)} new ones a second of one sender`);
  const rate = (limit: Firewall["committed"]["inbound"]): string | null => {
    const both = [limit.bits_per_s !== null && bitRate(limit.bits_per_s), limit.packets_per_s !== null && packetRate(limit.packets_per_s)].filter((text) => text !== false);
    return both.length > 0 ? listed(both) : null;
  };
  const [inbound, outbound] = [rate(committed.inbound), rate(committed.outbound)];
  if (inbound) parts.push(`${inbound} from the internet`);
  if (outbound) parts.push(`${outbound} to the internet`);
  return parts.length > 0 ? `At most ${listed(parts)}. More is dropped.` : "There is no limit but what the gateways can carry.";
}

function Sentences({ kind, items, none }: { kind: string; items: readonly Named[]; none: string }) {
  if (items.length === 0) return <p className="quiet">{none}</p>;
  return (
    <ul className="plain">
      {items.map((item) => (
        <li key={item.name} id={`${kind}-${item.name}`}>
          <strong>{item.name}</strong>
          <span className="firewall__sentence">{item.sentence}</span>
        </li>
      ))}
    </ul>
  );
}
