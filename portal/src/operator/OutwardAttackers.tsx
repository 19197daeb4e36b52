// Computers of customers that attack others: whose, which, and what is done.
import { Link } from "wouter";
import type { Overview } from "../api/types";
import { exactCount } from "../format/units";
import { actionShort, conductShort } from "../logic/outbound";
import { Panel } from "../parts/Panel";
import { Rows } from "../parts/Rows";
import { When } from "../parts/When";

type Outwards = Overview["attackers"][number];

export default function OutwardAttackers({ attackers, count }: { attackers: readonly Outwards[]; count: number }) {
  return (
    <Panel
      title={count === 1 ? "A computer of a customer attacks others" : `${exactCount(count)} computers of customers attack others`}
      note={count > attackers.length ? `The first ${attackers.length}: those that were seen attacking last.` : "What is done follows each customer's policy. The customer sees it on his first screen."}
    >
      <Rows<Outwards>
        label="Computers of customers that attack others"
        items={attackers}
        id={(one) => `${one.tenant_id} ${one.attacker.address}`}
        columns={[
          {
            head: "Customer",
            cell: (one) => (
              <Link href={`/customers/${one.tenant_id}/firewall`} data-row className="tight">
                {one.tenant_name}
              </Link>
            ),
          },
          {
            head: "Computer",
            cell: (one) => (
              <>
                <span className="number">{one.attacker.address}</span>
                <span className="under">{conductShort(one.attacker)}</span>
              </>
            ),
          },
          { head: "Done about it", cell: (one) => actionShort(one.attacker) },
          { head: "Held back", number: true, minor: true, cell: (one) => exactCount(one.attacker.held_back) },
          { head: "Since", minor: true, cell: (one) => <When at={one.attacker.since} /> },
        ]}
      />
    </Panel>
  );
}
