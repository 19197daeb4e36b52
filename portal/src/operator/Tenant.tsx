// One customer, as the operator sees him: state, addresses with consent, sites, people, past.
import { Link, useParams } from "wouter";
import { useIncidents, useSites, useTenant, useTenantStatus, useUsers } from "../api/queries";
import { useLiveTraffic } from "../api/traffic";
import type { Role, Site, TenantStatus, User } from "../api/types";
import { duration } from "../format/time";
import { bitRate } from "../format/units";
import { kinds } from "../format/words";
import { hostText } from "../logic/posture";
import { Async } from "../parts/Async";
import { Panel } from "../parts/Panel";
import { RateChart } from "../parts/RateChart";
import { Rows } from "../parts/Rows";
import { IncidentStateTag } from "../parts/State";
import { When } from "../parts/When";
import { Page } from "../shell/Page";
import { ConsentList } from "../tenant/Addresses";

const roles: Record<Role, string> = {
  operator_admin: "Operator, may change everything",
  operator_viewer: "Operator, may look",
  tenant_admin: "Administrator",
  tenant_viewer: "May look",
};

const stateText: Record<TenantStatus["state"], string> = {
  protected: "Protected",
  under_attack: "Under attack, nothing in force",
  mitigated: "Under attack, being cleaned",
  unprotected: "Only watched: no prefix has consent",
};

export default function Tenant() {
  const { id = "" } = useParams<{ id: string }>();
  const tenant = useTenant(id);
  const status = useTenantStatus(id);
  return (
    <Page
      title={tenant.data?.name ?? "Customer"}
      up={{ href: "/customers", label: "Customers" }}
      lead={
        tenant.data && (
          <span className="inline">
            <span className="mono">{tenant.data.slug}</span>
            <span className="quiet mono">{tenant.data.id}</span>
            {status.data && (
              <span className={status.data.state === "protected" ? undefined : "warned"}>
                {stateText[status.data.state]}, since <When at={status.data.since} />
              </span>
            )}
          </span>
        )
      }
      actions={
        <span className="inline">
          <Link href={`/customers/${id}/firewall`}>Firewall</Link>
          <Link href={`/explain?customer=${id}`}>Explain</Link>
          <Link href={`/traffic?customer=${id}`}>Traffic</Link>
          <Link href={`/incidents?customer=${id}`}>Incidents</Link>
        </span>
      }
    >
      <Async query={tenant} lines={10}>
        {() => (
          <>
            <LastMinutes id={id} />
            <div className="split">
              <div className="split__main">
                <Panel title="Addresses and consent" note="The customer's own words for what may be done. You may change them on his word; the reason goes into the record.">
                  <ConsentList tenantId={id} level={3} />
                </Panel>
              </div>
              <div className="split__side">
                <Sites id={id} />
                <People id={id} />
              </div>
            </div>
            <History id={id} />
          </>
        )}
      </Async>
    </Page>
  );
}

function LastMinutes({ id }: { id: string }) {
  const traffic = useLiveTraffic(id, 300);
  return (
    <Panel title="Traffic, the last 5 minutes">
      <Async query={traffic} lines={5}>
        {(series) => (
          <RateChart
            label="Traffic of this customer"
            at={series.at}
            unit="bits_per_s"
            height={170}
            lines={[
              { label: "Arriving at the edge", values: series.inbound.bits_per_s, look: "line" },
              { label: "Passed by the gateways", values: series.passed.bits_per_s, look: "passed" },
              { label: "Dropped", values: series.dropped.bits_per_s, look: "dropped" },
            ]}
          />
        )}
      </Async>
    </Panel>
  );
}

function Sites({ id }: { id: string }) {
  const sites = useSites(id);
  return (
    <Panel title="Sites">
      <Async query={sites} lines={2}>
        {(all) =>
          all.length === 0 ? (
            <p className="quiet">None. Without a site's line rate, thresholds relative to the line do not apply.</p>
          ) : (
            <Rows<Site>
              label="Sites"
              items={all}
              id={(s) => s.id}
              columns={[
                { head: "Site", cell: (s) => s.name },
                { head: "Line", cell: (s) => (s.line_rate_bps === null ? "not known" : bitRate(s.line_rate_bps)), number: true },
              ]}
            />
          )
        }
      </Async>
    </Panel>
  );
}

function People({ id }: { id: string }) {
  const users = useUsers(id);
  return (
    <Panel title="People">
      <Async query={users} lines={2}>
        {(all) =>
          all.length === 0 ? (
            <p className="quiet">Nobody of this customer can sign in yet. Add users in the policy file.</p>
          ) : (
            <Rows<User>
              label="People"
              items={all}
              id={(u) => u.id}
              columns={[
                { head: "Login", cell: (u) => u.login },
                { head: "Role", cell: (u) => (u.disabled ? "disabled" : roles[u.role]) },
              ]}
            />
          )
        }
      </Async>
    </Panel>
  );
}

function History({ id }: { id: string }) {
  const incidents = useIncidents({ tenantId: id }, 1);
  return (
    <Panel title="Incidents" actions={<Link href={`/incidents?customer=${id}`}>All</Link>}>
      <Async query={incidents} lines={3}>
        {(page) =>
          page.items.length === 0 ? (
            <p className="quiet">None so far.</p>
          ) : (
            <Rows
              label="Incidents of this customer"
              items={page.items.slice(0, 10)}
              id={(i) => i.id}
              columns={[
                { head: "Began", cell: (i) => <When at={i.started_at} /> },
                {
                  head: "Target",
                  cell: (i) => (
                    <Link href={`/incidents/${i.id}`} data-row>
                      {hostText(i.target)}
                    </Link>
                  ),
                },
                { head: "Kind", cell: (i) => kinds(i.vectors) },
                { head: "State", cell: (i) => <IncidentStateTag state={i.state} falsePositive={i.false_positive} /> },
                { head: "Lasted", cell: (i) => (i.ended_at ? duration(Date.parse(i.ended_at) - Date.parse(i.started_at)) : "–"), number: true },
                { head: "Peak", cell: (i) => bitRate(i.peak.bits_per_s), number: true },
              ]}
            />
          )
        }
      </Async>
    </Panel>
  );
}
