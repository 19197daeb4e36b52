// A short answer to what a person just did.
export interface Toast {
  id: number;
  kind: "success" | "error" | "info";
  title: string;
  text: string;
}
