// A bar of what passed and what was dropped. The figures stand beside it; the bar is for the eye only.
export function PassBar({ passed, dropped, label }: { passed: number; dropped: number; label?: string }) {
  const whole = passed + dropped;
  const part = whole > 0 ? (100 * passed) / whole : 0;
  return (
    <span className="passbar" role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : true}>
      {whole > 0 && (
        <>
          <span className="passbar__passed" style={{ inlineSize: `${part}%` }} />
          <span className="passbar__dropped" style={{ inlineSize: `${100 - part}%` }} />
        </>
      )}
    </span>
  );
}

export function ShareBar({ part, whole }: { part: number; whole: number }) {
  return (
    <span className="sharebar" aria-hidden="true">
      <span style={{ inlineSize: `${whole > 0 ? Math.min(100, (100 * part) / whole) : 0}%` }} />
    </span>
  );
}
