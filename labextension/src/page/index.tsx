import { createRoot } from 'react-dom/client';
import { Services } from '../chat/state/services';
import { Page } from './Page';
import { AccountSection } from './account/AccountSection';
import { HubSection } from './account/HubSection';
import { Session, type SignedIn } from './account/session';
import { followAddress } from './address';
import './page.css';
import { ThemeChoice } from './theme';

interface Config {
  readonly baseUrl: string;
  readonly wsUrl: string;
  readonly token?: string;
  /** Where the server keeps accounts. */
  readonly signedIn?: SignedIn;
  /** A hub says who is who. */
  readonly ofHub?: boolean;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`The page has no #${id}.`);
  }
  return found;
}

const config = JSON.parse(element('jupyter-config-data').textContent) as Config;
const { signedIn, ofHub } = config;
const session = signedIn && new Session(config, signedIn);
session?.start();
const services = new Services({ ...config, fetch: session?.fetch });
const theme = new ThemeChoice(services.memory);
followAddress(services);
services.start();
createRoot(element('jupyter-chat')).render(
  <Page
    services={services}
    theme={theme}
    Account={signedIn ? AccountSection : ofHub ? HubSection : undefined}
  />
);
