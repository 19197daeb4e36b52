// Whether it is in force, as icon, word and sentence.
import { CheckmarkOutline, CircleDash, HelpFilled, Renew, WarningAltFilled } from "@carbon/icons-react";
import type { Firewall } from "../api/types";
import { State } from "../parts/State";

const looks = {
  off: ["off", CircleDash, "Off"],
  in_force: ["calm", CheckmarkOutline, "In force"],
  changing: ["working", Renew, "Changing"],
  refused: ["alarm", WarningAltFilled, "Not taken"],
  no_gateway: ["notice", HelpFilled, "Not known"],
} as const;

export function FirewallState({ firewall }: { firewall: Firewall }) {
  const [tone, icon, word] = looks[firewall.state];
  return (
    <span className="inline">
      <State tone={tone} icon={icon}>
        {word}
      </State>
      <span>{firewall.sentence}</span>
      <span className="quiet">Policy version {firewall.policy_version}</span>
    </span>
  );
}
