import { useId, type ReactNode } from "react";

interface PanelProps {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, note, actions, className = "", children }: PanelProps) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <div className="panel__head">
        <div>
          <h2 id={id}>{title}</h2>
          {note && <div className="panel__note">{note}</div>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
