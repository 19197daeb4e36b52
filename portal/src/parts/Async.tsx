// The four faces of everything that is fetched: waiting, failed, empty, there. A failure of a refresh keeps what is
// known on the screen and says that it is old.
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { clock } from "../format/time";
import { Failure, failureTitle } from "./Failure";
import { Waiting } from "./Waiting";

interface AsyncProps<T> {
  query: UseQueryResult<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}

export function Async<T>({ query, lines, children }: AsyncProps<T>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && (
          <p className="stale" role="status">
            {failureTitle(query.error)}. What you see is from {clock(query.dataUpdatedAt)}; it is asked for again by itself.
          </p>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Waiting lines={lines ?? 6} />;
}
