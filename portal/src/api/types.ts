// Short names for the schemas of openapi.yaml.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Alarm = Schemas["Alarm"];
export type Attack = Schemas["Attack"];
export type AuditEntry = Schemas["AuditEntry"];
export type Collector = Schemas["Collector"];
export type ConsentMode = Schemas["ConsentMode"];
export type Event = Schemas["Event"];
export type Finding = Schemas["Finding"];
export type FlowSample = Schemas["FlowSample"];
export type Gateway = Schemas["Gateway"];
export type GuardChoice = NonNullable<Schemas["GuardRequest"]["level"]>;
export type Incident = Schemas["Incident"];
export type IncidentState = Schemas["IncidentState"];
export type IncidentSummary = Schemas["IncidentSummary"];
export type Me = Schemas["Me"];
export type Mitigation = Schemas["Mitigation"];
export type MitigationCounters = Schemas["MitigationCounters"];
export type MitigationGuard = Schemas["MitigationGuard"];
export type MitigationState = Schemas["MitigationState"];
export type MitigationSummary = Schemas["MitigationSummary"];
export type Overview = Schemas["Overview"];
export type Prefix = Schemas["Prefix"];
export type Rate = Schemas["Rate"];
export type RateColumns = Schemas["RateColumns"];
export type Role = Schemas["Role"];
export type Site = Schemas["Site"];
export type Speaker = Schemas["Speaker"];
export type StageCounters = Schemas["StageCounters"];
export type Tenant = Schemas["Tenant"];
export type TenantStatus = Schemas["TenantStatus"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type TrafficSample = Schemas["TrafficSample"];
export type TrafficSeries = Schemas["TrafficSeries"];
export type User = Schemas["User"];
export type WatchedStage = Schemas["WatchedStages"][number];
