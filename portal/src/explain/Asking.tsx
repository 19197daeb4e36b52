// The question and its answer. The address of the page holds the question, so that it can be passed on.
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { ApiError } from "../api/client";
import { useExplain, useFirewall, usePrefixes } from "../api/queries";
import type { ExplainRequest } from "../api/types";
import { examplesFor, type Example } from "../logic/questions";
import { Empty } from "../parts/Empty";
import { Failure } from "../parts/Failure";
import { Panel } from "../parts/Panel";
import { Answer } from "./Answer";
import { linesOf, QuestionForm, type Asked } from "./QuestionForm";

const blank: Asked = { lines: "", capture: null, from: "", at: "" };

export function Asking({ tenantId }: { tenantId: string }) {
  const [params, setParams] = useSearchParams();
  const explain = useExplain(tenantId);
  const firewall = useFirewall(tenantId);
  const [asked, setAsked] = useState<Asked>({ ...blank, lines: params.get("packet") ?? "", from: params.get("from") ?? "", at: params.get("at") ?? "" });
  const examples = useExamples(tenantId, firewall.data?.rules);

  const ask = (question: Asked) => {
    setAsked(question);
    explain.mutate(requestOf(question));
    if (question.capture !== null) return;
    const wanted: [string, string][] = [["packet", linesOf(question).join("\n")], ["from", question.from], ["at", question.at]];
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of wanted) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  };

  // A link that brings a packet along asks at once.
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    if (asked.lines !== "") explain.mutate(requestOf(asked));
  });

  const faults = faultsOf(explain.error);
  return (
    <>
      <Panel title="The packet">
        <QuestionForm
          asked={asked}
          change={setAsked}
          ask={() => ask(asked)}
          busy={explain.isPending}
          faults={faults}
          networks={firewall.data?.networks ?? []}
        />
      </Panel>
      {explain.isError && faults === null && <Failure error={explain.error} retry={() => explain.mutate(requestOf(asked))} />}
      <div aria-live="polite">
        {explain.data && !explain.isError ? (
          <Answer tenantId={tenantId} explained={explain.data} firewall={firewall.data} />
        ) : (
          !explain.isPending && !explain.isError && <Examples examples={examples} choose={(example) => ask({ ...blank, lines: example.packet, from: example.from ?? "" })} />
        )}
      </div>
    </>
  );
}

function requestOf(asked: Asked): ExplainRequest {
  const at = asked.at ? new Date(asked.at) : null;
  return {
    packets: asked.capture?.frames ?? linesOf(asked),
    ...(asked.from ? { from: asked.from } : {}),
    ...(at && !Number.isNaN(at.getTime()) ? { at: at.toISOString() } : {}),
  };
}

// What the controller says about a line or a field, by where it is; null when it is about something else.
function faultsOf(error: unknown): { line: string | null; from: string | null } | null {
  if (!(error instanceof ApiError) || error.status !== 422 || !error.problem.errors?.length) return null;
  const lines: string[] = [];
  const from: string[] = [];
  for (const { pointer, detail } of error.problem.errors) {
    const number = /^\/packets\/(\d+)/.exec(pointer)?.[1];
    if (pointer === "/from") from.push(detail);
    else if (pointer.startsWith("/packets")) lines.push(number !== undefined && Number(number) > 0 ? `Line ${Number(number) + 1}: ${detail}` : detail);
    else return null;
  }
  return { line: lines.join(" ") || null, from: from.join(" ") || null };
}

function useExamples(tenantId: string, rules: readonly { name: string; sentence: string; example?: string | null }[] | undefined): Example[] {
  const prefixes = usePrefixes(tenantId);
  const ofRules = (rules ?? []).flatMap((rule) => (rule.example ? [{ title: `${rule.name}: ${rule.sentence}`, packet: rule.example }] : []));
  return ofRules.length > 0 ? ofRules.slice(0, 6) : examplesFor((prefixes.data ?? []).map((prefix) => prefix.prefix));
}

function Examples({ examples, choose }: { examples: readonly Example[]; choose: (example: Example) => void }) {
  if (examples.length === 0) return <Empty title="Nothing is asked yet.">Fill in the form, or write the packet in one line.</Empty>;
  return (
    <Panel title="Or begin with one of these" note="Each is made for this customer's addresses. Choose it, then change what you like.">
      <ul className="examples">
        {examples.map((example) => (
          <li key={example.title}>
            <button type="button" className="examples__one" onClick={() => choose(example)}>
              <span>{example.title}</span>
              <span className="mono quiet">{example.packet}</span>
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
