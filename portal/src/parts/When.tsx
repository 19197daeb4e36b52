// A time, absolute and relative together; the full date with its zone is in the title.
import { absolute, full, relative } from "../format/time";
import { useNow } from "../shell/now";

interface WhenProps {
  at: string;
  show?: "both" | "absolute" | "relative";
}

export function When({ at, show = "both" }: WhenProps) {
  const now = useNow();
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={full(time)}>
      {show !== "relative" && absolute(time, now)}
      {show === "both" && <span className="quiet"> · </span>}
      {show !== "absolute" && <span className={show === "both" ? "quiet" : undefined}>{relative(time, now)}</span>}
    </time>
  );
}
