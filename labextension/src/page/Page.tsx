import { useEffect, useMemo, useRef } from 'react';
import { Chat, type Panes } from '../chat/Chat';
import { IconButton } from '../chat/components/IconButton';
import { ThemeIcon } from '../chat/components/icons';
import { fileMentions } from '../chat/fileMentions';
import { MentionsProvider } from '../chat/mentions';
import { allPanes } from '../chat/panes';
import { english } from '../chat/i18n';
import type { Services } from '../chat/state/services';
import { useStore } from '../chat/state/store';
import { AdminSection } from './admin/AdminSection';
import type { ThemeChoice } from './theme';

interface Props {
  readonly services: Services;
  readonly theme: ThemeChoice;
  readonly Account?: Panes['Account'];
}

/** The chat on a page of its own. */
export function Page({ services, theme, Account }: Props) {
  const current = useStore(theme.store, chosen => chosen);
  const label =
    current === 'dark'
      ? english.__('Use the light theme')
      : english.__('Use the dark theme');
  // Where the server keeps accounts it has no files for anybody.
  const mentions = useMemo(
    () => (Account === undefined ? [fileMentions(services, english)] : []),
    [services, Account]
  );
  const panes = useMemo(
    () => ({ ...allPanes, Account, Administration: AdminSection }),
    [Account]
  );
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The page is for asking: the cursor stands where one asks.
    page.current?.querySelector<HTMLElement>('.jc-Composer > textarea')?.focus();
  }, []);
  return (
    <div className="jc-Page" ref={page}>
      <MentionsProvider value={mentions}>
        <Chat
          services={services}
          layout="page"
          panes={panes}
          tools={<IconButton icon={ThemeIcon} label={label} onClick={theme.toggle} />}
        />
      </MentionsProvider>
    </div>
  );
}
