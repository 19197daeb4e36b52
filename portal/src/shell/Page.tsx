// The frame of every screen: title, lead and actions. A new screen takes the focus to its title, so that screen readers
// speak it and Tab goes on from there.
import { useEffect, useRef, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

interface PageProps {
  title: string;
  heading?: ReactNode; // when the heading shows more than the title
  lead?: ReactNode;
  actions?: ReactNode;
  up?: { href: string; label: string };
  width?: "full" | "reading";
  children?: ReactNode;
}

let firstLocation: string | null = null;

export function Page({ title, heading, lead, actions, up, width = "full", children }: PageProps) {
  const [location] = useLocation();
  const h1 = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  useEffect(() => {
    // The very first screen leaves the focus at the top, where the skip link is.
    if (firstLocation === null) firstLocation = location;
    else if (firstLocation !== location) {
      firstLocation = "";
      window.scrollTo(0, 0);
      h1.current?.focus({ preventScroll: true });
    }
  }, [location]);
  return (
    <div className={`page page--${width}`}>
      <div className="page__head">
        <div>
          {up && (
            <p className="page__up">
              <Link href={up.href}>← {up.label}</Link>
            </p>
          )}
          <h1 ref={h1} tabIndex={-1}>
            {heading ?? title}
          </h1>
          {lead && <div className="page__lead">{lead}</div>}
        </div>
        {actions && <div className="page__actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
