// Where the header leads.
export interface NavItem {
  href: string;
  label: string;
  key: string; // second key of the shortcut "g …"
}
