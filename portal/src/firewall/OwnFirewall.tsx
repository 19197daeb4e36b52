// The customer's own firewall.
import { useFirewall } from "../api/queries";
import { Async } from "../parts/Async";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";
import { FirewallState } from "./FirewallState";
import { FirewallView } from "./FirewallView";

export default function OwnFirewall() {
  const { me } = useSession();
  const firewall = useFirewall(me.tenant_id ?? "");
  return (
    <Page title="Firewall" lead={firewall.data && <FirewallState firewall={firewall.data} />}>
      <Async query={firewall} lines={12}>
        {(data) => <FirewallView firewall={data} />}
      </Async>
    </Page>
  );
}
