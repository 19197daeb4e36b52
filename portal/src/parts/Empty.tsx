// Nothing to show is an answer too: it says what that means and what to do next.
import type { ReactNode } from "react";
import { Link } from "wouter";

interface EmptyProps {
  title: string;
  children: ReactNode;
  action?: { href: string; label: string };
}

export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <p className="empty__title">{title}</p>
      <p className="quiet">{children}</p>
      {action && (
        <p>
          <Link href={action.href}>{action.label}</Link>
        </p>
      )}
    </div>
  );
}
