// Who is logged in at the customer's addresses: rules that name users or groups follow them.
import { useLogIns } from "../api/queries";
import type { FirewallRule, LogIn } from "../api/types";
import { hostText } from "../logic/posture";
import { Async } from "../parts/Async";
import { Panel } from "../parts/Panel";
import { Rows } from "../parts/Rows";
import { When } from "../parts/When";

// Shown to those who use it: somebody is logged in, or a rule names users.
export function LogIns({ tenantId, rules }: { tenantId: string; rules: readonly FirewallRule[] }) {
  const logIns = useLogIns(tenantId);
  const named = rules.some((rule) => rule.sentence.includes(", users "));
  if (rules.length === 0 || (!named && (logIns.data?.items.length ?? 0) === 0)) return null;
  return (
    <Panel title="Who is logged in" note="Rules that name users or groups follow this list. A log-in page, a RADIUS server or a directory tells it.">
      <Async query={logIns} lines={3}>
        {({ items, next_cursor: more }) =>
          items.length === 0 ? (
            <p className="quiet">Nobody: rules that name users or groups match no one now.</p>
          ) : (
            <>
              <Rows<LogIn>
                label="Who is logged in"
                items={items}
                id={(one) => one.id}
                columns={[
                  { head: "User", cell: (one) => <strong className="tight">{one.user}</strong> },
                  { head: "Address", cell: (one) => <span className="number">{hostText(one.prefix)}</span> },
                  { head: "Groups", wrap: true, minor: true, cell: (one) => (one.groups.length === 0 ? "–" : one.groups.join(", ")) },
                  { head: "Since", minor: true, cell: (one) => <When at={one.since} show="relative" /> },
                  { head: "Ends by itself", cell: (one) => <When at={one.expires_at} show="absolute" /> },
                ]}
              />
              {more !== null && <p className="quiet">These are the first {items.length}, by address.</p>}
            </>
          )
        }
      </Async>
    </Panel>
  );
}
