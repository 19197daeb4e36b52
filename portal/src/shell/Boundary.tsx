// A screen that fails leaves the rest of the portal standing.
import { Button } from "@carbon/react";
import { Component, type ReactNode } from "react";

export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="failure" role="alert">
        <h1>This screen has failed</h1>
        <p>
          The portal was perhaps updated while it was open. Load it again; if this stays, tell your operator what you were looking at. Protection does not
          depend on this page.
        </p>
        <Button size="sm" onClick={() => location.reload()}>
          Load the portal again
        </Button>
      </div>
    );
  }
}
