// Grey lines where content will be. Spoken once; drawn only when waiting takes long enough to notice (see CSS).
export function Waiting({ lines = 6, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div className="waiting" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className="waiting__line" style={{ inlineSize: `${[92, 76, 84, 61, 70, 48][i % 6]}%` }} />
      ))}
    </div>
  );
}
