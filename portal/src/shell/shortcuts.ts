// Keys for people who live in this screen. They can be switched off, and never fire while something is being typed.
import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { usePreferences } from "./preferences";
import type { NavItem } from "./navigation";

const chordMs = 1500;

export function useShortcuts(nav: NavItem[], showHelp: () => void): void {
  const { shortcuts } = usePreferences();
  const [, navigate] = useLocation();
  const pending = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector(".cds--modal.is-visible")) return;
      // "?" opens the list that tells how to switch the others on again, so it always works.
      if (event.key === "?") return act(event, showHelp);
      if (!shortcuts) return;
      const now = Date.now();
      if (now - pending.current < chordMs) {
        pending.current = 0;
        const item = nav.find((n) => n.key === event.key);
        if (item) act(event, () => navigate(item.href));
        return;
      }
      if (event.key === "g") pending.current = now;
      else if (event.key === "/") act(event, () => document.querySelector<HTMLElement>("main input[type='search'], main input[role='searchbox']")?.focus());
      else if (event.key === "j" || event.key === "k") act(event, () => step(event.key === "j" ? 1 : -1));
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [nav, navigate, shortcuts, showHelp]);
}

function act(event: KeyboardEvent, action: () => void): void {
  event.preventDefault();
  action();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

// Moves over the rows of a screen: every row has one link marked data-row.
function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  if (rows.length === 0) return;
  const here = rows.findIndex((row) => row === document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by));
  rows[next]?.focus();
}
