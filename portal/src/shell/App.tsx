// Which screens there are, for whom, and under which address. Each is a file of its own, fetched when first opened.
import { lazy, Suspense, type ComponentType, type LazyExoticComponent } from "react";
import { Redirect, Route, Switch } from "wouter";
import { LiveProvider } from "../api/live";
import { Empty } from "../parts/Empty";
import { Waiting } from "../parts/Waiting";
import { Boundary } from "./Boundary";
import { Page } from "./Page";
import { useSession } from "./session";
import type { NavItem } from "./navigation";
import { Shell } from "./Shell";
import { ToastProvider } from "./toasts";

type Screen = LazyExoticComponent<ComponentType>;

const Overview = lazy(() => import("../operator/Overview"));
const Traffic = lazy(() => import("../operator/Traffic"));
const Incidents = lazy(() => import("../incidents/Incidents"));
const IncidentForOperator = lazy(() => import("../incidents/IncidentForOperator"));
const IncidentForTenant = lazy(() => import("../incidents/IncidentForTenant"));
const Tenants = lazy(() => import("../operator/Tenants"));
const Tenant = lazy(() => import("../operator/Tenant"));
const Health = lazy(() => import("../operator/Health"));
const Audit = lazy(() => import("../audit/Audit"));
const Home = lazy(() => import("../tenant/Home"));
const OwnFirewall = lazy(() => import("../firewall/OwnFirewall"));
const FirewallOfCustomer = lazy(() => import("../firewall/FirewallOfCustomer"));
const Explain = lazy(() => import("../explain/Explain"));
const Addresses = lazy(() => import("../tenant/Addresses"));

interface Area {
  nav: NavItem[];
  screens: [path: string, screen: Screen][];
}

const operatorArea: Area = {
  nav: [
    { href: "/", label: "Under attack", key: "o" },
    { href: "/traffic", label: "Traffic", key: "t" },
    { href: "/incidents", label: "Incidents", key: "i" },
    { href: "/customers", label: "Customers", key: "c" },
    { href: "/explain", label: "Explain", key: "e" },
    { href: "/health", label: "Health", key: "h" },
    { href: "/audit", label: "Audit", key: "a" },
  ],
  screens: [
    ["/", Overview],
    ["/traffic", Traffic],
    ["/incidents", Incidents],
    ["/incidents/:id", IncidentForOperator],
    ["/customers", Tenants],
    ["/customers/:id", Tenant],
    ["/customers/:id/firewall", FirewallOfCustomer],
    ["/explain", Explain],
    ["/health", Health],
    ["/audit", Audit],
  ],
};

const tenantArea: Area = {
  nav: [
    { href: "/", label: "Protection", key: "o" },
    { href: "/incidents", label: "Attacks", key: "i" },
    { href: "/firewall", label: "Firewall", key: "f" },
    { href: "/explain", label: "Explain", key: "e" },
    { href: "/addresses", label: "Addresses and consent", key: "c" },
  ],
  screens: [
    ["/", Home],
    ["/incidents", Incidents],
    ["/incidents/:id", IncidentForTenant],
    ["/firewall", OwnFirewall],
    ["/explain", Explain],
    ["/addresses", Addresses],
    ["/audit", Audit],
  ],
};

export function App() {
  const { isOperator, me, end } = useSession();
  const area = isOperator ? operatorArea : tenantArea;
  // A tenant's viewer may not read the audit trail.
  const nav = me.role === "tenant_admin" ? [...area.nav, { href: "/audit", label: "Changes", key: "a" }] : area.nav;
  return (
    <LiveProvider onUnauthorized={end}>
      <ToastProvider>
        <Shell nav={nav}>
          <Boundary>
            <Suspense fallback={<Waiting />}>
              <Switch>
                {area.screens.map(([path, Screen]) => (
                  <Route key={path} path={path} component={Screen} />
                ))}
                <Route path="/login">
                  <Redirect to="/" replace />
                </Route>
                <Route>
                  <Page title="There is no such page">
                    <Empty title="The address leads nowhere." action={{ href: "/", label: "Go to the first screen" }}>
                      It may be mistyped, or belong to another customer. Check it, or start again from the first screen.
                    </Empty>
                  </Page>
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </Shell>
      </ToastProvider>
    </LiveProvider>
  );
}
