// Leads to the explanation of a packet that is about what stands beside the link.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { search } from "../api/client";
import type { Question } from "../logic/questions";
import { useSession } from "../shell/session";

interface ExplainLinkProps {
  tenantId: string;
  question: Question | null;
  about: string; // for those who hear the link alone
  children?: ReactNode;
}

export function ExplainLink({ tenantId, question, about, children = "Try it" }: ExplainLinkProps) {
  const { isOperator } = useSession();
  const href = `/explain${search({ customer: isOperator ? tenantId : null, packet: question?.packet, from: question?.from })}`;
  return (
    <Link href={href} className="explain-link">
      {children}
      <span className="hidden"> {about}</span>
    </Link>
  );
}
