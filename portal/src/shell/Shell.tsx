// What stands around every screen: skip link, header with navigation, live state, keys.
import { Asleep, Keyboard, Light, Logout } from "@carbon/icons-react";
import {
  Header,
  HeaderContainer,
  HeaderGlobalAction,
  HeaderGlobalBar,
  HeaderMenuButton,
  HeaderMenuItem,
  HeaderName,
  HeaderNavigation,
  SideNav,
  SideNavItems,
  SideNavLink,
  SkipToContent,
} from "@carbon/react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useLive } from "../api/live";
import { clock } from "../format/time";
import type { NavItem } from "./navigation";
import { setPreference, usePreferences } from "./preferences";
import { useSession } from "./session";
import { useShortcuts } from "./shortcuts";

const ShortcutsDialog = lazy(() => import("./ShortcutsDialog"));

const isHere = (location: string, href: string) => (href === "/" ? location === "/" : location === href || location.startsWith(`${href}/`));

export function Shell({ nav, children }: { nav: NavItem[]; children: ReactNode }) {
  const [location] = useLocation();
  const { me, signOut } = useSession();
  const { theme } = usePreferences();
  const [help, setHelp] = useState(false);
  useShortcuts(nav, () => setHelp(true));
  const items = nav.map((item) => (
    <HeaderMenuItem key={item.href} as={Link} href={item.href} isActive={isHere(location, item.href)} aria-current={isHere(location, item.href) ? "page" : undefined}>
      {item.label}
    </HeaderMenuItem>
  ));
  const dark = theme === "dark";
  return (
    <>
      <HeaderContainer
        render={({ isSideNavExpanded, onClickSideNavExpand }: { isSideNavExpanded: boolean; onClickSideNavExpand: () => void }) => (
          <Header aria-label="Sluice">
            <SkipToContent href="#content" />
            <HeaderMenuButton
              aria-label={isSideNavExpanded ? "Close menu" : "Open menu"}
              isActive={isSideNavExpanded}
              onClick={onClickSideNavExpand}
            />
            <HeaderName as={Link} href="/" prefix="">
              <span className="brand">
                <img src="/icon.svg" alt="" width="20" height="20" />
                Sluice
              </span>
            </HeaderName>
            <HeaderNavigation aria-label="Screens">{items}</HeaderNavigation>
            <HeaderGlobalBar>
              <LiveState />
              <HeaderGlobalAction aria-label={dark ? "Light colours" : "Dark colours"} onClick={() => setPreference("theme", dark ? "light" : "dark")}>
                {dark ? <Light size={20} /> : <Asleep size={20} />}
              </HeaderGlobalAction>
              <HeaderGlobalAction aria-label="Keys" onClick={() => setHelp(true)}>
                <Keyboard size={20} />
              </HeaderGlobalAction>
              <HeaderGlobalAction aria-label={`Sign out ${me.login}`} tooltipAlignment="end" onClick={() => void signOut()}>
                <Logout size={20} />
              </HeaderGlobalAction>
            </HeaderGlobalBar>
            <SideNav aria-label="Screens, menu" expanded={isSideNavExpanded} isPersistent={false} onSideNavBlur={onClickSideNavExpand}>
              <SideNavItems>
                {nav.map((item) => (
                  <SideNavLink
                    key={item.href}
                    as={Link}
                    href={item.href}
                    isActive={isHere(location, item.href)}
                    aria-current={isHere(location, item.href) ? "page" : undefined}
                    onClick={onClickSideNavExpand}
                  >
                    {item.label}
                  </SideNavLink>
                ))}
              </SideNavItems>
            </SideNav>
          </Header>
        )}
      />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Announcement />
      {help && (
        <Suspense fallback={null}>
          <ShortcutsDialog nav={nav} onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </>
  );
}

function LiveState() {
  const { state, lost } = useLive();
  const text =
    lost !== null ? `No live data since ${clock(lost)}` : state === "live" ? "Live" : "Connecting";
  return (
    <span className={`live live--${lost !== null ? "lost" : state}`} title={lost !== null ? "The controller is not heard. Figures on this page are old; it tries again by itself." : undefined}>
      <span className="live__dot" aria-hidden="true" />
      <span role="status">{text}</span>
    </span>
  );
}

// Events are spoken to those who can not see the board change.
function Announcement() {
  const { last } = useLive();
  return (
    <p className="hidden" aria-live="polite">
      {last?.text}
    </p>
  );
}
