// A customer's firewall, as the operator sees it: the same.
import { useParams } from "wouter";
import { useFirewall, useTenant } from "../api/queries";
import { Async } from "../parts/Async";
import { Page } from "../shell/Page";
import { FirewallState } from "./FirewallState";
import { FirewallView } from "./FirewallView";

export default function FirewallOfCustomer() {
  const { id = "" } = useParams<{ id: string }>();
  const tenant = useTenant(id);
  const firewall = useFirewall(id);
  const name = tenant.data?.name;
  return (
    <Page
      title={name ? `Firewall of ${name}` : "Firewall"}
      up={{ href: `/customers/${id}`, label: name ?? "Customer" }}
      lead={firewall.data && <FirewallState firewall={firewall.data} />}
    >
      <Async query={firewall} lines={12}>
        {(data) => <FirewallView firewall={data} />}
      </Async>
    </Page>
  );
}
