// The list of keys, and the switch that turns them off.
import { Dialog } from "../parts/Dialog";
import { setPreference, usePreferences } from "./preferences";
import type { NavItem } from "./navigation";

export default function ShortcutsDialog({ nav, onClose }: { nav: NavItem[]; onClose: () => void }) {
  const { shortcuts } = usePreferences();
  const keys: [string[], string][] = [
    ...nav.map((item): [string[], string] => [["g", item.key], item.label]),
    [["j"], "Next row"],
    [["k"], "Previous row"],
    [["Enter"], "Open the row"],
    [["/"], "Search on this screen"],
    [["Esc"], "Close a dialog"],
    [["?"], "This list"],
  ];
  return (
    <Dialog passiveModal modalHeading="Keys" onRequestClose={onClose} size="sm">
      <table className="keys">
        <thead className="hidden">
          <tr>
            <th scope="col">Key</th>
            <th scope="col">What it does</th>
          </tr>
        </thead>
        <tbody>
          {keys.map(([combination, label]) => (
            <tr key={label}>
              <td>
                {combination.map((key, i) => (
                  <span key={i}>
                    {i > 0 && <span className="quiet"> then </span>}
                    <kbd>{key}</kbd>
                  </span>
                ))}
              </td>
              <td>{label}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label className="choice">
        <input type="checkbox" checked={shortcuts} onChange={(event) => setPreference("shortcuts", event.target.checked)} data-modal-primary-focus />
        Use single keys. Switch this off if you steer by voice or press keys by accident.
      </label>
    </Dialog>
  );
}
