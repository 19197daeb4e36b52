// Who is signed in. Without a session the login screen stands in for every page and leads back to the page asked for.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, lazy, Suspense, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { ApiError, call, get, setUnauthorizedHandler } from "../api/client";
import type { Me } from "../api/types";
import { Failure } from "../parts/Failure";

const Login = lazy(() => import("../login/Login"));

interface SessionValue {
  me: Me;
  isOperator: boolean;
  mayChange: boolean;
  end: (note?: string) => void;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<SessionValue | null>(null);

export function useSession(): SessionValue {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside of SessionProvider");
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [note, setNote] = useState<string | null>(null);
  const session = useQuery({
    queryKey: ["session"],
    queryFn: async ({ signal }): Promise<Me | null> => {
      try {
        return await get("/session", { signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
  const me = session.data ?? null;

  const end = useCallback(
    (why?: string) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      client.setQueryData(["session"], null);
      setNote(why ?? null);
    },
    [client],
  );
  useEffect(() => setUnauthorizedHandler(() => end("Your session has ended. Sign in again to go on where you were.")), [end]);

  const value = useMemo<SessionValue | null>(
    () =>
      me && {
        me,
        isOperator: me.role.startsWith("operator"),
        mayChange: me.role.endsWith("_admin"),
        end,
        signOut: async () => {
          await call("delete", "/session").catch(() => undefined);
          end("You are signed out.");
        },
      },
    [me, end],
  );

  // Once signed in, a refresh that fails leaves the screens standing; they say themselves that they are old.
  if (session.isError && session.data === undefined) {
    return (
      <main className="alone">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </main>
    );
  }
  if (session.isPending) return <main className="alone quiet" aria-busy="true" />;
  if (!value) {
    return (
      <Suspense fallback={<main className="alone" aria-busy="true" />}>
        <Login
          note={note}
          onSignedIn={(who) => {
            setNote(null);
            client.setQueryData(["session"], who);
          }}
        />
      </Suspense>
    );
  }
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}
