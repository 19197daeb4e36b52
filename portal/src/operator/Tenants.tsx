// All customers, as a table.
import { Search } from "@carbon/react";
import { useState } from "react";
import { Link } from "wouter";
import { useOverview, useTenants } from "../api/queries";
import type { Tenant } from "../api/types";
import { plural } from "../format/words";
import { attackUrgency, byUrgency } from "../logic/posture";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { Rows } from "../parts/Rows";
import { UrgencyState } from "../parts/State";
import { When } from "../parts/When";
import { Page } from "../shell/Page";
import "../styles/form.scss";

export default function Tenants() {
  const tenants = useTenants();
  const overview = useOverview();
  const [wanted, setWanted] = useState("");
  const attacks = byUrgency(overview.data?.attacks ?? []);
  const needle = wanted.trim().toLowerCase();
  return (
    <Page
      title="Customers"
      lead={tenants.data && plural(tenants.data.length, "customer")}
      actions={
        <Search size="sm" labelText="Search customers" placeholder="Search ( / )" value={wanted} onChange={(event) => setWanted(event.target.value)} closeButtonLabelText="Clear the search" />
      }
    >
      <Async query={tenants} lines={12}>
        {(all) => {
          const found = all.filter((t) => !needle || t.name.toLowerCase().includes(needle) || t.slug.includes(needle)).sort((a, b) => a.name.localeCompare(b.name));
          if (all.length === 0) return <Empty title="There are no customers yet.">Describe them in a policy file and apply it with “sluice apply FILE”.</Empty>;
          if (found.length === 0) return <Empty title={`No customer is called “${wanted}”.`}>Search by a part of the name, or clear the search to see all.</Empty>;
          return (
            <Rows<Tenant>
              label="Customers"
              items={found}
              id={(t) => t.id}
              columns={[
                {
                  head: "Name",
                  cell: (t) => (
                    <Link href={`/customers/${t.id}`} data-row>
                      {t.name}
                    </Link>
                  ),
                },
                { head: "Short name", cell: (t) => <span className="mono">{t.slug}</span> },
                {
                  head: "State",
                  cell: (t) => {
                    const attack = attacks.find((a) => a.incident.tenant_id === t.id);
                    return attack ? <UrgencyState urgency={attackUrgency(attack)} /> : <span className="quiet">quiet</span>;
                  },
                },
                { head: "Id", cell: (t) => <span className="quiet mono">{t.id}</span> },
                { head: "Customer since", cell: (t) => <When at={t.created_at} /> },
              ]}
            />
          );
        }}
      </Async>
    </Page>
  );
}
