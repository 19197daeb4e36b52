import { InlineNotification } from "@carbon/react";
import "../styles/notification.scss";
import type { Toast } from "./toast";

export default function ToastNotes({ toasts, close }: { toasts: readonly Toast[]; close: (id: number) => void }) {
  return toasts.map((toast) => (
    <InlineNotification
      key={toast.id}
      kind={toast.kind}
      title={toast.title}
      subtitle={toast.text}
      lowContrast
      onCloseButtonClick={() => close(toast.id)}
      statusIconDescription={toast.kind}
    />
  ));
}
