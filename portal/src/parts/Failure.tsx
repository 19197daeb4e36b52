// An error in sentences: what happened, and what to do now.
import { Button } from "@carbon/react";
import { ApiError } from "../api/client";

export function failureTitle(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong in this page";
  if (error.status === 0) return "The controller does not answer";
  if (error.status === 403) return "Your role may not see this";
  if (error.status === 404) return "There is nothing here for you";
  if (error.status === 503) return "The controller can not work just now";
  return error.problem.title;
}

export function failureText(error: unknown): string {
  if (!(error instanceof ApiError)) return "Load the page again. If it stays, tell your operator what you were looking at.";
  const fields = error.problem.errors?.map((e) => e.detail).join(" ") ?? "";
  return [error.message, fields].filter(Boolean).join(" ");
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div className="failure" role="alert">
      <h2>{failureTitle(error)}</h2>
      <p>{failureText(error)}</p>
      {retry && (
        <Button size="sm" kind="tertiary" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
