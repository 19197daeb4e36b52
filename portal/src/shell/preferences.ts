// What a person has chosen in this browser. Nothing here is secret, and all of it may be lost.
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";
interface Preferences {
  theme: Theme;
  shortcuts: boolean; // single-key shortcuts can be switched off (WCAG 2.1.4)
}

const key = "sluice.preferences";
const listeners = new Set<() => void>();
let current = load();

function load(): Preferences {
  const fallback: Preferences = { theme: "light", shortcuts: true };
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    if (typeof stored !== "object" || stored === null) return fallback;
    const { theme, shortcuts } = stored as Partial<Preferences>;
    return { theme: theme === "dark" ? "dark" : "light", shortcuts: shortcuts !== false };
  } catch {
    return fallback;
  }
}

export function setPreference<K extends keyof Preferences>(name: K, value: Preferences[K]): void {
  current = { ...current, [name]: value };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
  applyTheme();
  listeners.forEach((listener) => listener());
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = current.theme;
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
