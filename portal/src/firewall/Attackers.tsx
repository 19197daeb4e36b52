// Computers of the customer that attack others: which, where, who sits there, what they do, what is done about it, and what
// a person should do next.
import type { ReactNode } from "react";
import { useAttackerEvents, useLogIns } from "../api/queries";
import type { Attacker, Firewall, FirewallNetwork, LogIn } from "../api/types";
import { exactCount } from "../format/units";
import { sentence } from "../format/words";
import { advice, holdText, measured, quietSince } from "../logic/outbound";
import { longest } from "../logic/prefix";
import { stranger, tcp } from "../logic/questions";
import { ExplainLink } from "../parts/ExplainLink";
import { Facts } from "../parts/Facts";
import { Panel } from "../parts/Panel";
import { When } from "../parts/When";
import { useNow } from "../shell/now";

// Nothing to say is said in one line (QuietAttackers), beside the figures.
export function Attackers({ firewall }: { firewall: Firewall }) {
  const { attackers, tenant_id: tenantId } = firewall;
  const logIns = useLogIns(tenantId);
  if (attackers.length === 0) return null;
  return (
    <Panel className="panel--urgent" title={attackers.length === 1 ? "A computer inside attacks others" : `${exactCount(attackers.length)} computers inside attack others`}>
      <ul className="attackers">
        {attackers.map((attacker) => (
          <li key={attacker.address}>
            <One attacker={attacker} firewall={firewall} logIns={logIns.data?.items ?? []} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function One({ attacker, firewall, logIns }: { attacker: Attacker; firewall: Firewall; logIns: readonly LogIn[] }) {
  const { address } = attacker;
  const network = longest(firewall.networks, (one) => one.prefixes, address);
  const logIn = longest(logIns, (one) => [one.prefix], address);
  const own = firewall.networks.flatMap((one) => one.prefixes);
  return (
    <>
      <p>
        <strong>{attacker.sentence}</strong>
      </p>
      <Facts
        items={[
          ["Where it is", network ? placeText(network) : "in no network of the policy"],
          ...(logIn ? [["Logged in there", <strong key="user">{logIn.user}</strong>] as [string, ReactNode]] : []),
          ["What it tries", measured(attacker)],
          ["Held back so far", `${exactCount(attacker.held_back)} packets`],
          ["Since", <When key="since" at={attacker.since} />],
          ["Let go", <LetGo key="until" attacker={attacker} holdSeconds={firewall.outbound?.hold_s ?? 0} />],
        ]}
      />
      <p>
        {advice(attacker)}{" "}
        <ExplainLink tenantId={firewall.tenant_id} question={{ packet: tcp(address, stranger(own, address.includes(":")), 443) }} about={`of ${address}`}>
          See what becomes of its packets
        </ExplainLink>
      </p>
    </>
  );
}

const placeText = ({ name, zone, site }: FirewallNetwork): string => `${name}, zone ${zone}${site === null ? "" : `, ${site}`}`;

function LetGo({ attacker, holdSeconds }: { attacker: Attacker; holdSeconds: number }) {
  const now = useNow();
  if (!quietSince(attacker, now)) return <>after {holdText(holdSeconds)} without an attack</>;
  return (
    <>
      <When at={attacker.until} show="absolute" />, unless it begins again
    </>
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

// What an administrator who was asleep has missed. Among the last events only: it is no archive.
export function PastAttackers({ tenantId }: { tenantId: string }) {
  const events = useAttackerEvents(tenantId);
  const past = (events.data?.items ?? []).filter((event) => event.kind.startsWith("attacker.")).slice(0, 8);
  if (past.length === 0) return null;
  return (
    <Panel title="Computers inside that attacked others" note="When they began and when they were let go, newest first.">
      <ol className="events">
        {past.map((event) => (
          <li key={event.sequence}>
            <When at={event.at} />
            <span>{sentence(event.text)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
