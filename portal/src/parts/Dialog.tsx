// Carbon's modal, at the end of the page, so that nothing of the place it was opened from (lists, panels) reaches into
// it, and without Carbon's focus sentinels, which screen readers would announce as links.
import { FeatureFlags, Modal, type ModalProps } from "@carbon/react";
import { createPortal } from "react-dom";
import "../styles/dialog.scss";

export function Dialog(props: ModalProps) {
  return createPortal(
    <FeatureFlags enableFocusWrapWithoutSentinels>
      <Modal open closeButtonLabel="Close" {...props} />
    </FeatureFlags>,
    document.body,
  );
}
