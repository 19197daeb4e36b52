// Who is logged in at the customer's addresses: rules that name users or groups follow them.
import { useLogIns } from "../api/queries";
import type { LogIn } from "../api/types";
import { Async } from "../parts/Async";
import { Panel } from "../parts/Panel";
import { Rows } from "../parts/Rows";
import { When } from "../parts/When";

export function LogIns({ tenant }: { tenant: string }) {
  const logIns = useLogIns(tenant);
  return (
    <Panel title="Who is logged in" note="Rules that name users or groups follow this list. It is told by your log-in page, RADIUS server or directory.">
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
                  { head: "User", cell: (one) => <strong>{one.user}</strong> },
                  { head: "Groups", wrap: true, cell: (one) => (one.groups.length === 0 ? "–" : one.groups.join(", ")) },
                  { head: "Address", cell: (one) => one.prefix.replace(/\/(32|128)$/, "") },
                  { head: "Since", cell: (one) => <When at={one.since} show="relative" /> },
                  { head: "Until", cell: (one) => <When at={one.expires_at} show="absolute" /> },
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
