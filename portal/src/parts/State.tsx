// States as icon and word; the colour only repeats them. Each shape is different, for those who do not see colours.
import { CheckmarkOutline, CircleDash, DirectionFork, Hourglass, HelpFilled, Renew, UndefinedFilled, WarningAltFilled, WarningSquareFilled } from "@carbon/icons-react";
import type { ComponentType } from "react";
import type { IncidentState, MitigationState } from "../api/types";
import { urgencyWords, type Urgency } from "../logic/posture";

type Tone = "alarm" | "notice" | "calm" | "working" | "off";
type Icon = ComponentType<{ size?: number; "aria-hidden"?: boolean }>;

export function State({ tone, icon: Icon, children }: { tone: Tone; icon: Icon; children: string }) {
  return (
    <span className={`state state--${tone}`}>
      <Icon size={16} aria-hidden />
      {children}
    </span>
  );
}

const urgencyLook: Record<Urgency, [Tone, Icon]> = {
  decide: ["alarm", HelpFilled],
  open: ["alarm", WarningAltFilled],
  diverting: ["notice", DirectionFork],
  cleaning: ["working", Renew],
  cooling: ["notice", Hourglass],
};

export function UrgencyState({ urgency }: { urgency: Urgency }) {
  const [tone, icon] = urgencyLook[urgency];
  return (
    <State tone={tone} icon={icon}>
      {urgencyWords[urgency]}
    </State>
  );
}

const incidentLook: Record<IncidentState, [Tone, Icon, string]> = {
  open: ["alarm", WarningSquareFilled, "Under attack"],
  ended: ["notice", Hourglass, "Attack over, cooling down"],
  closed: ["off", CheckmarkOutline, "Over"],
};

export function IncidentStateTag({ state, falsePositive = false }: { state: IncidentState; falsePositive?: boolean }) {
  const [tone, icon, word] = incidentLook[state];
  if (falsePositive) {
    return (
      <State tone="off" icon={UndefinedFilled}>
        No attack
      </State>
    );
  }
  return (
    <State tone={tone} icon={icon}>
      {word}
    </State>
  );
}

const mitigationLook: Record<MitigationState, [Tone, Icon, string]> = {
  proposed: ["alarm", HelpFilled, "Waits for approval"],
  active: ["working", Renew, "In force"],
  cooling: ["notice", Hourglass, "Cooling down"],
  withdrawn: ["off", CircleDash, "Withdrawn"],
};

export function MitigationStateTag({ state }: { state: MitigationState }) {
  const [tone, icon, word] = mitigationLook[state];
  return (
    <State tone={tone} icon={icon}>
      {word}
    </State>
  );
}

export function UpState({ up, downWord = "Silent" }: { up: boolean; downWord?: string }) {
  return up ? (
    <State tone="calm" icon={CheckmarkOutline}>
      Up
    </State>
  ) : (
    <State tone="alarm" icon={WarningAltFilled}>
      {downWord}
    </State>
  );
}
