// What would become of a packet, and why: the question in a form or in one line, the answer as the packet's way.
import { Select, SelectItem } from "@carbon/react";
import { useSearchParams } from "wouter";
import { useTenants } from "../api/queries";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";
import "../styles/explain.scss";
import "../styles/form.scss";
import { Asking } from "./Asking";

const lead = "Type a packet: the rules in force now say what would become of it, and why. It is only calculated; nothing is sent and nothing changes.";

export default function Explain() {
  const { isOperator, me } = useSession();
  return isOperator ? <OfCustomer /> : (
    <Page title="Explain" lead={lead}>
      <Asking tenantId={me.tenant_id ?? ""} />
    </Page>
  );
}

function OfCustomer() {
  const [params, setParams] = useSearchParams();
  const chosen = params.get("customer") ?? "";
  const tenants = useTenants();
  const tenant = tenants.data?.find((t) => t.id === chosen);
  return (
    <Page
      title={tenant ? `Explain for ${tenant.name}` : "Explain"}
      up={tenant && { href: `/customers/${chosen}`, label: tenant.name }}
      lead={lead}
      actions={
        <div className="controls">
          <Select id="explain-customer" labelText="Customer" size="sm" value={tenant ? chosen : ""} onChange={(event) => setParams(event.target.value ? { customer: event.target.value } : {})}>
            <SelectItem value="" text="Choose a customer" />
            {[...(tenants.data ?? [])]
              .sort((a, b) => a.name.localeCompare(b.name))
              .map((t) => (
                <SelectItem key={t.id} value={t.id} text={t.name} />
              ))}
          </Select>
        </div>
      }
    >
      <Async query={tenants} lines={6}>
        {(all) =>
          tenant ? (
            <Asking key={chosen} tenantId={chosen} />
          ) : all.length === 0 ? (
            <Empty title="There are no customers yet.">Describe them in a policy file and apply it with “sluice apply FILE”.</Empty>
          ) : (
            <Empty title="Whose packet is it?">Choose the customer above: each has rules and addresses of its own.</Empty>
          )
        }
      </Async>
    </Page>
  );
}
