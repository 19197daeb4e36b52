// Asks before something that reaches the network. It says what will happen, takes the reason, shows the refusal, and
// gives the focus back to where it came from.
import { TextArea } from "@carbon/react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Dialog } from "./Dialog";
import { failureText, failureTitle } from "./Failure";

interface ConfirmProps {
  heading: string;
  action: string;
  danger?: boolean;
  reason?: "needed" | "welcome" | "none";
  reasonLabel?: string;
  blocked?: boolean; // nothing is chosen yet
  onConfirm: (reason: string) => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}

export function Confirm({ heading, action, danger = false, reason = "welcome", reasonLabel, blocked = false, onConfirm, onClose, children }: ConfirmProps) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const opener = useRef(document.activeElement);
  useEffect(() => {
    const back = opener.current;
    return () => {
      // After the dialog is gone from the page; the button may be gone too when its action changed the screen.
      setTimeout(() => {
        if (back instanceof HTMLElement && back.isConnected) back.focus();
        else document.querySelector<HTMLElement>("main h1")?.focus();
      });
    };
  }, []);
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm(text);
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <Dialog
      size="sm"
      danger={danger}
      modalHeading={heading}
      primaryButtonText={busy ? "Working…" : action}
      primaryButtonDisabled={busy || blocked || (reason === "needed" && text.trim() === "")}
      secondaryButtonText="Cancel"
      onRequestClose={onClose}
      onRequestSubmit={() => void submit()}
    >
      <div className="confirm">
        {children}
        {reason !== "none" && (
          <TextArea
            id="confirm-reason"
            labelText={reasonLabel ?? (reason === "needed" ? "Reason (kept in the audit trail)" : "Reason, if you like (kept in the audit trail)")}
            rows={2}
            maxLength={500}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {error !== null && (
          <p className="confirm__error" role="alert">
            <strong>{failureTitle(error)}.</strong> {failureText(error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
