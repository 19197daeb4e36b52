// Who changed what. The entries are chained by hashes; the chain can be checked from here.
import { Button } from "@carbon/react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { useAudit } from "../api/queries";
import type { AuditEntry } from "../api/types";
import { plural } from "../format/words";
import { Async } from "../parts/Async";
import { Empty } from "../parts/Empty";
import { failureText } from "../parts/Failure";
import { Rows, type Column } from "../parts/Rows";
import { When } from "../parts/When";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";

const columns: Column<AuditEntry>[] = [
  { head: "When", cell: (e) => <When at={e.at} />, width: "13rem" },
  { head: "Who", cell: (e) => (e.actor === "auto" ? "Sluice itself" : e.actor) },
  { head: "From", cell: (e) => e.address ?? "–" },
  { head: "Did", cell: (e) => <span className="mono">{e.action}</span> },
  { head: "To", cell: (e) => e.object },
  { head: "Before", cell: (e) => <Cut text={e.before} /> },
  { head: "After", cell: (e) => <Cut text={e.after} /> },
  { head: "Why", cell: (e) => e.reason ?? "–", wrap: true },
  { head: "Hash", cell: (e) => <span className="mono quiet" title={e.hash}>{e.hash.slice(0, 10)}</span> },
];

function Cut({ text }: { text: string | null }) {
  if (text === null || text === "") return <>–</>;
  return text.length > 40 ? <span title={text}>{text.slice(0, 39)}…</span> : <>{text}</>;
}

export default function Audit() {
  const { isOperator } = useSession();
  const [pages, setPages] = useState(1);
  const audit = useAudit(undefined, pages);
  return (
    <Page title={isOperator ? "Audit" : "Changes"} lead="Who changed what, newest first. Entries can not be changed or removed unseen." actions={isOperator && <Verify />}>
      <Async query={audit} lines={12}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="Nothing has been changed yet.">Each change, by a person or by Sluice itself, appears here with its reason.</Empty>
          ) : (
            <>
              <Rows label="Audit trail" items={page.items} id={(e) => e.id} columns={columns} />
              {page.next_cursor && pages < 4 && (
                <Button kind="ghost" size="sm" onClick={() => setPages(pages + 1)}>
                  Show older ones
                </Button>
              )}
              {page.next_cursor && pages >= 4 && <p className="quiet">These are the newest {page.items.length}. All are at GET /api/v1/audit.</p>}
            </>
          )
        }
      </Async>
    </Page>
  );
}

function Verify() {
  const check = useMutation({ mutationFn: () => get("/audit/verify") });
  return (
    <div className="verify">
      <p role="status">
        {check.isPending && "Checking…"}
        {check.isError && failureText(check.error)}
        {check.data?.intact && `The chain of ${plural(check.data.entries, "entry", "entries")} is whole.`}
        {check.data && !check.data.intact && (
          <strong className="warned">The chain is broken at {check.data.first_broken}: somebody changed the store. Keep a copy of it and find out who could write to it.</strong>
        )}
      </p>
      <Button size="sm" kind="tertiary" disabled={check.isPending} onClick={() => check.mutate()}>
        Check the chain
      </Button>
    </div>
  );
}
