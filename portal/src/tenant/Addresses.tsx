// The customer's addresses, and what we may do for each when it is attacked.
import { usePrefixes, useSites } from "../api/queries";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";
import { ConsentEditor } from "./ConsentEditor";

export default function Addresses() {
  const { me, mayChange } = useSession();
  const tenantId = me.tenant_id ?? "";
  return (
    <Page
      title="Addresses and consent"
      width="reading"
      lead={
        <>
          <p>You decide, for each range of your addresses, what we may do when it is attacked. Every change is in the record with your name and reason.</p>
          {!mayChange && <p className="quiet">Your role may look and not change. An administrator of your company can.</p>}
        </>
      }
    >
      <ConsentList tenantId={tenantId} level={2} />
    </Page>
  );
}

export function ConsentList({ tenantId, level }: { tenantId: string; level: 2 | 3 }) {
  const prefixes = usePrefixes(tenantId);
  const sites = useSites(tenantId);
  const siteName = (id: string | null) => sites.data?.find((s) => s.id === id)?.name ?? null;
  return (
    <Async query={prefixes} lines={6}>
      {(all) =>
        all.length === 0 ? (
          <Empty title="No addresses are registered.">
            Without addresses nothing is watched. Add them in the policy file (“prefixes:”) and apply it, or ask the provider.
          </Empty>
        ) : (
          <ul className="consents">
            {all.map((prefix) => (
              <ConsentEditor key={prefix.id} prefix={prefix} siteName={siteName(prefix.site_id)} level={level} />
            ))}
          </ul>
        )
      }
    </Async>
  );
}
