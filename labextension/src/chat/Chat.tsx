import {
  type ComponentType,
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import type { LabelsProps } from './components/LabelPicker';
import { Banners } from './components/Banners';
import { Composer } from './components/Composer';
import { Conversation } from './components/Conversation';
import type { EditingProps } from './components/AttachedChips';
import { DeletedNote } from './components/DeletedNote';
import { Header } from './components/Header';
import { TemporaryNote } from './components/TemporaryNote';
import { UndoToast } from './components/UndoToast';
import type { FieldProps } from './components/PlainField';
import { ChatProvider, type SendKey } from './components/context';
import { useWiderThan } from './components/hooks';
import { pageUrl } from './client/server';
import { type Translator, english } from './i18n';
import type { Model, Summary } from './protocol';
import type { Services } from './state/services';
import { useStore } from './state/store';

interface Props {
  readonly services: Services;
  /** On a page that is wide enough the list of conversations stands beside them. */
  readonly layout: Layout;
  /** What else than the conversation can be shown; an output has no room for it. */
  readonly panes?: Panes;
  readonly trans?: Translator;
  readonly sendKey?: SendKey;
  /** What the shell adds to the header. */
  readonly tools?: ReactNode;
}

/** Where the chat stands. */
export type Layout = 'sidebar' | 'page' | 'output';

/** What is shown beside or instead of the conversation. */
export interface Panes {
  readonly List: ComponentType<{ readonly onChosen: () => void }>;
  readonly Settings: ComponentType;
  /** Tags and the folder of conversations. */
  readonly Labels: ComponentType<LabelsProps>;
  readonly SummaryCard: ComponentType<{ readonly summary: Summary }>;
  readonly ModelNote: ComponentType;
  /** What else there is to say of a model that can be chosen. */
  readonly remarkOn: (model: Model, trans: Translator) => string;
  readonly BudgetNote: ComponentType;
  readonly Meter: ComponentType<OpenProps>;
  /** Where questions are typed, with completion. */
  readonly Field: ComponentType<FieldProps>;
  /** One's account, where the server keeps accounts. */
  readonly Account?: ComponentType<{
    readonly onOpen: (page: ComponentType<SubpageProps>) => void;
  }>;
  /** What administrators of the server look after. */
  readonly Administration?: ComponentType<{
    readonly onOpen: (page: ComponentType<SubpageProps>) => void;
  }>;
  /** What else can be done with the settings of a conversation. */
  readonly SettingsExtra: ComponentType;
  /** The button that attaches, and what is attached. */
  readonly Attach: ComponentType;
  readonly Attached: ComponentType;
  /** What goes with a question that is changed, and is asked before that goes. */
  readonly Editing: ComponentType<EditingProps>;
}

/** For what is shown instead of the settings. */
export interface SubpageProps {
  readonly onDone: () => void;
}

/** For what opens from the row below the question. */
export interface OpenProps {
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
}

/** What is open of that. */
type Opened = 'model' | 'context' | null;

const ROOM_FOR_A_PANE = 720;
const FOLDED = 'list-folded';

/** The whole chat; the shells around it know where it stands. */
export function Chat(props: Props) {
  const { services, layout, panes, trans = english, sendKey = 'Enter', tools } = props;
  const screen = useStore(services.store, state => state.screen);
  // In a conversation that is deleted nothing can be asked, but what was typed is not lost.
  const isGone = useStore(
    services.store,
    ({ open, pending }) =>
      open.problem?.code === 'not_found' &&
      services.drafts.read(open) === '' &&
      !pending.some(entry => entry.threadId === open.threadId)
  );
  const root = useRef<HTMLElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const wide = useWiderThan(root, ROOM_FOR_A_PANE);
  const pane = layout === 'page' && wide;
  const [folded, setFolded] = useState(() => services.memory.read(FOLDED) === 'yes');
  const [drawn, setDrawn] = useState(false);
  const [opened, setOpened] = useState<Opened>(null);
  const [spoken, setSpoken] = useState('');

  const focusComposer = useCallback(() => {
    requestAnimationFrame(() => {
      // The settings have no composer, but a heading that takes the focus.
      const heading = root.current?.querySelector<HTMLElement>('.jc-Header-title');
      (area.current ?? heading)?.focus();
    });
  }, []);
  const context = useMemo(
    () => ({
      services,
      trans,
      sendKey,
      panes,
      focusComposer,
      chooseModel: () => {
        setOpened('model');
      },
      showContext: () => {
        setOpened('context');
      },
      announce: setSpoken
    }),
    [services, trans, sendKey, panes, focusComposer]
  );

  useEffect(() => {
    if (screen === 'settings' && panes === undefined) {
      window.open(pageUrl(services.server, null), '_blank', 'noopener');
      services.store.update(state => ({ ...state, screen: 'conversation' }));
    }
  }, [screen, panes, services]);

  const listShown = pane ? !folded : drawn;
  const toggleList = () => {
    if (pane) {
      services.memory.write(FOLDED, folded ? null : 'yes');
      setFolded(!folded);
    } else {
      setDrawn(!drawn);
    }
  };
  const leave = (event: KeyboardEvent) => {
    if (
      event.key !== 'Escape' ||
      event.defaultPrevented ||
      event.nativeEvent.isComposing
    ) {
      return;
    }
    if (drawn && !pane) {
      setDrawn(false);
    } else if (screen === 'settings') {
      services.store.update(state => ({ ...state, screen: 'conversation' }));
    } else {
      return;
    }
    focusComposer();
  };
  const opening = (what: Opened): OpenProps => ({
    open: opened === what,
    onOpen: open => {
      setOpened(open ? what : null);
    }
  });
  const Root = layout === 'page' ? 'main' : 'section';
  return (
    <ChatProvider value={context}>
      <Root
        ref={root}
        className="jc-Chat"
        data-layout={layout}
        data-pane={pane || undefined}
        onKeyDown={leave}
        aria-label={trans.__('Chat')}
      >
        {listShown && panes !== undefined && (
          <panes.List
            onChosen={() => {
              setDrawn(false);
            }}
          />
        )}
        <div className="jc-Chat-main">
          <Header
            layout={layout}
            listShown={listShown}
            hasPanes={panes !== undefined}
            pane={pane}
            tools={tools}
            onToggleList={toggleList}
          />
          <Banners />
          {panes !== undefined && <panes.BudgetNote />}
          <TemporaryNote />
          <DeletedNote />
          {screen === 'settings' && panes !== undefined ? (
            <>
              <panes.Settings />
              <UndoToast />
            </>
          ) : (
            <>
              <Conversation />
              <UndoToast />
              {panes !== undefined && !isGone && <panes.ModelNote />}
              {!isGone && (
                <Composer
                  area={area}
                  meter={panes !== undefined && <panes.Meter {...opening('context')} />}
                  model={opening('model')}
                  attach={panes && <panes.Attach />}
                  attached={panes && <panes.Attached />}
                />
              )}
            </>
          )}
        </div>
        <div className="jc-Spoken" aria-live="polite">
          {spoken}
        </div>
      </Root>
    </ChatProvider>
  );
}
