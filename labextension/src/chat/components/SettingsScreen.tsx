import { type ComponentType, useState } from 'react';
import type { SubpageProps } from '../Chat';
import type { Translator } from '../i18n';
import type { Source } from '../protocol';
import { CostSection } from './CostSection';
import { DurableReplies } from './DurableReplies';
import { HistorySection } from './HistorySection';
import { OwnNotes } from './OwnNotes';
import { ProblemNote } from './ProblemNote';
import { LibrarySection } from './LibrarySection';
import { SourceCards } from './SourceCards';
import { UsagePage } from './UsagePage';
import { useChat, useChatState } from './context';

/** Where answers come from, changed later; what they cost; taking the history along. */
export function SettingsScreen() {
  const { services, trans, panes } = useChat();
  const user = useChatState(state => state.user);
  const account = useChatState(state => state.account);
  const ignored = useChatState(state => state.models?.ignored);
  /** What is shown instead. */
  const [Subpage, setSubpage] = useState<ComponentType<SubpageProps> | null>(null);
  const open = (page: ComponentType<SubpageProps>) => {
    setSubpage(() => page);
  };
  const fromEnvironment = account?.from_environment === true;
  if (Subpage !== null) {
    return (
      <Subpage
        onDone={() => {
          setSubpage(null);
        }}
      />
    );
  }
  return (
    // A press on an empty place leaves the focus in the chat, where Escape is heard.
    <div className="jc-Settings" tabIndex={-1}>
      <div className="jc-Settings-column">
        {fromEnvironment && account.source != null && (
          <p>{fromServer(account.source, trans)}</p>
        )}
        {ignored != null && <ProblemNote problem={ignored} />}
        <h3>{trans.__('Where answers come from')}</h3>
        <SourceCards
          onDone={() => {
            services.store.update(state => ({ ...state, screen: 'conversation' }));
          }}
        />
        {account?.source != null && !fromEnvironment && (
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              void services.account.tryToChange({
                source: null,
                base_url: null,
                key: null
              });
            }}
          >
            {trans.__('Forget my source and key')}
          </button>
        )}
        <LibrarySection />
        <DurableReplies />
        <OwnNotes />
        <CostSection
          onShowUsage={() => {
            open(UsagePage);
          }}
        />
        {panes?.Account !== undefined && <panes.Account onOpen={open} />}
        {panes?.Administration !== undefined && <panes.Administration onOpen={open} />}
        <HistorySection />
        {panes?.Account === undefined && user !== null && user.name !== '' && (
          <p className="jc-Settings-note">{trans.__('You are %1.', user.name)}</p>
        )}
      </div>
    </div>
  );
}

/** Why answers come from somewhere although one has chosen nothing. */
function fromServer(source: Source, trans: Translator): string {
  return source === 'local'
    ? trans.__(
        'Answers come from the local model, which is installed here. What you choose instead is used for you only.'
      )
    : trans.__(
        'This server has access to %1, so answers come from there. What you enter here is used instead, for you only.',
        nameOf(source, trans)
      );
}

function nameOf(source: Exclude<Source, 'local'>, trans: Translator): string {
  switch (source) {
    case 'openai':
      return 'OpenAI';
    case 'azure':
      return 'Azure';
    case 'compatible':
      return trans.__('a compatible server');
  }
}
