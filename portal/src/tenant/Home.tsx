// The customer's first screen. It answers one question: am I all right?
import { Security, WarningAlt, View } from "@carbon/icons-react";
import { Link } from "wouter";
import { useIncidents, usePrefixes, useTenantStatus } from "../api/queries";
import { useLiveTraffic } from "../api/traffic";
import type { Attacker, IncidentSummary, Prefix, TenantStatus } from "../api/types";
import { bitRate } from "../format/units";
import { consentTitle, listed, plural, type ConsentMode } from "../format/words";
import { advice } from "../logic/outbound";
import { hostText, incidentStory, responseStory, sinceText, tenantSentence, tenantWords, type Mood } from "../logic/posture";
import { Async } from "../parts/Async";
import { MitigationCard } from "../incidents/MitigationCard";
import { Panel } from "../parts/Panel";
import { RateChart } from "../parts/RateChart";
import { IncidentStateTag } from "../parts/State";
import { When } from "../parts/When";
import { useNow } from "../shell/now";
import { Page } from "../shell/Page";
import { useSession } from "../shell/session";

const moodIcons: Record<Mood, typeof Security> = { calm: Security, cleaning: Security, watch: View, alarm: WarningAlt };

export default function Home() {
  const { me } = useSession();
  const tenantId = me.tenant_id ?? "";
  const status = useTenantStatus(tenantId);
  const now = useNow();
  const words = status.data && tenantWords(status.data, sinceText(Date.parse(status.data.since), now));
  const Icon = words && moodIcons[words.mood];
  return (
    <Page
      title={words?.headline ?? "Protection"}
      width="reading"
      heading={
        words &&
        Icon && (
          <span className={`mood mood--${words.mood}`}>
            <span className="mood__icon">
              <Icon size={32} aria-hidden />
            </span>
            {words.headline}
          </span>
        )
      }
      lead={status.data && <Lead status={status.data} name={me.tenant_name} />}
    >
      <Async query={status} lines={6}>
        {(data) => (
          <>
            <Decisions status={data} />
            <OwnAttackers attackers={data.attackers} />
            <OpenAttacks incidents={data.open_incidents} />
            <TrafficNow status={data} tenantId={tenantId} />
            <div className="pair">
              <ConsentSummary tenantId={tenantId} />
              <Past />
            </div>
          </>
        )}
      </Async>
    </Page>
  );
}

function Lead({ status, name }: { status: TenantStatus; name: string | null }) {
  const first = status.open_incidents.length === 0 ? status.attackers.map((one) => one.since).sort()[0] : undefined;
  return (
    <>
      <p>{tenantSentence(status)}</p>
      <p className="quiet">
        {name}, since <When at={first ?? status.since} />
      </p>
    </>
  );
}

function Decisions({ status }: { status: TenantStatus }) {
  if (status.proposed_mitigations.length === 0) return null;
  return (
    <Panel title="We need your decision" className="panel--urgent">
      {status.proposed_mitigations.map((m) => (
        <MitigationCard key={m.id} mitigation={m} plain />
      ))}
    </Panel>
  );
}

const shownAttackers = 5;

function OwnAttackers({ attackers }: { attackers: readonly Attacker[] }) {
  if (attackers.length === 0) return null;
  return (
    <Panel title="In your own network" className="panel--urgent">
      <ul className="stories">
        {attackers.slice(0, shownAttackers).map((attacker) => (
          <li key={attacker.address} className="story story--open">
            <p className="story__text">{attacker.sentence}</p>
            <p>{advice(attacker)}</p>
            <p className="quiet">
              Since <When at={attacker.since} />.
            </p>
          </li>
        ))}
      </ul>
      <p className="stories__more">
        <Link href="/firewall" data-row>
          {attackers.length > shownAttackers ? `See all ${attackers.length}, where they are, and what is done` : "See where it is, who works there, and what is done"}
        </Link>
      </p>
    </Panel>
  );
}

function OpenAttacks({ incidents }: { incidents: readonly IncidentSummary[] }) {
  if (incidents.length === 0) return null;
  return (
    <Panel title={incidents.length === 1 ? "The attack" : `${incidents.length} attacks`}>
      <ul className="stories">
        {incidents.map((incident) => (
          <li key={incident.id} className="story story--open">
            <p className="story__text">{incidentStory(incident)}</p>
            <p>{responseStory(incident.mitigation_state, incident)}</p>
            <p className="quiet">
              Since <When at={incident.started_at} />, now {bitRate(incident.current.bits_per_s)}, at most {bitRate(incident.peak.bits_per_s)}.
            </p>
            <p>
              <Link href={`/incidents/${incident.id}`} data-row>
                See what happens on {hostText(incident.target)}
              </Link>
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function TrafficNow({ status, tenantId }: { status: TenantStatus; tenantId: string }) {
  const traffic = useLiveTraffic(tenantId, 300);
  const cleaning = status.active_mitigations.length > 0;
  return (
    <Panel title="Your traffic, the last 5 minutes" note={cleaning ? "Blue reaches you. Hatched orange is what we drop." : "What is sent to your addresses."}>
      <Async query={traffic} lines={5}>
        {(series) => (
          <RateChart
            label="Traffic to your addresses"
            at={series.at}
            unit="bits_per_s"
            height={180}
            lines={
              cleaning
                ? [
                    { label: "Sent to you", values: series.inbound.bits_per_s, look: "line" },
                    { label: "Cleaned and passed to you", values: series.passed.bits_per_s, look: "passed" },
                    { label: "Dropped", values: series.dropped.bits_per_s, look: "dropped" },
                  ]
                : [{ label: "Sent to you", values: series.inbound.bits_per_s, look: "passed" }]
            }
          />
        )}
      </Async>
    </Panel>
  );
}

function ConsentSummary({ tenantId }: { tenantId: string }) {
  const prefixes = usePrefixes(tenantId);
  return (
    <Panel title="What we may do" actions={<Link href="/addresses">Change</Link>}>
      <Async query={prefixes} lines={3}>
        {(all) =>
          all.length === 0 ? (
            <p className="quiet">No addresses are registered for you yet. Ask your provider to add them; until then nothing is watched.</p>
          ) : (
            <ul className="plain">
              {grouped(all).map(([mode, group]) => (
                <li key={mode}>
                  <strong>{consentTitle(mode)}:</strong> <span className="number">{group.length <= 4 ? listed(group.map((p) => p.prefix)) : plural(group.length, "address range")}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Async>
    </Panel>
  );
}

function grouped(prefixes: readonly Prefix[]): [ConsentMode, Prefix[]][] {
  return (["auto", "ask", "off"] as const).flatMap((mode): [ConsentMode, Prefix[]][] => {
    const group = prefixes.filter((p) => p.consent === mode);
    return group.length > 0 ? [[mode, group]] : [];
  });
}

function Past() {
  const incidents = useIncidents({ state: "closed" }, 1);
  return (
    <Panel title="Earlier attacks" actions={<Link href="/incidents">All</Link>}>
      <Async query={incidents} lines={3}>
        {(page) =>
          page.items.length === 0 ? (
            <p className="quiet">None so far.</p>
          ) : (
            <ul className="plain">
              {page.items.slice(0, 4).map((incident) => (
                <li key={incident.id}>
                  <Link href={`/incidents/${incident.id}`}>{hostText(incident.target)}</Link>, <When at={incident.started_at} />{" "}
                  {incident.false_positive && <IncidentStateTag state={incident.state} falsePositive />}
                </li>
              ))}
            </ul>
          )
        }
      </Async>
    </Panel>
  );
}
