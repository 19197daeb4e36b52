// Short answers to what a person just did. They are spoken, stay long enough to be read, and can be closed.
import { createContext, lazy, Suspense, useCallback, useContext, useState, type ReactNode } from "react";
import type { Toast } from "./toast";

const Notes = lazy(() => import("./ToastNotes"));

type Tell = (toast: Omit<Toast, "id">) => void;
const ToastContext = createContext<Tell>(() => undefined);
export const useToast = (): Tell => useContext(ToastContext);

const stayMs = 12_000;
let nextId = 1;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const close = useCallback((id: number) => setToasts((all) => all.filter((t) => t.id !== id)), []);
  const tell = useCallback<Tell>(
    (toast) => {
      const id = nextId++;
      setToasts((all) => [...all.slice(-2), { ...toast, id }]);
      if (toast.kind !== "error") setTimeout(() => close(id), stayMs);
    },
    [close],
  );
  return (
    <ToastContext.Provider value={tell}>
      {children}
      <div className="toasts" aria-live="polite">
        {toasts.length > 0 && (
          <Suspense fallback={null}>
            <Notes toasts={toasts} close={close} />
          </Suspense>
        )}
      </div>
    </ToastContext.Provider>
  );
}
