import { useState } from 'react';
import { concernsStore } from '../client/problem';
import type { Translator } from '../i18n';
import { type Pending, isHeldBack } from '../state/pending';
import { isOurs } from '../state/queue';
import { Attachments } from './Attachments';
import { MessageFrame } from './MessageFrame';
import { type Action, ProblemNote } from './ProblemNote';
import { QuestionEditor } from './QuestionEditor';
import { useChat, useChatState } from './context';
import { useIsKnown, useOnline } from './hooks';

const NOTHING: Pending['attachments'] & object = [];

/**
 * A question on its way to the server: shown at once, with where it stands; it can be
 * changed and taken back as long as the server cannot have it.
 */
export function PendingQuestion({ question }: { readonly question: Pending }) {
  const { services, trans, focusComposer } = useChat();
  const online = useOnline();
  const lasting = useChatState(state => state.lasting);
  const kept = useChatState(state => !state.unkept.has(question.id));
  const isKnown = useIsKnown();
  const stuck = !kept && !isKnown;
  // Whoever left in the middle of a change finds it as it was, and nothing stays kept back.
  const [editing, setEditing] = useState(() => services.edits.read(question.id) !== null);
  const [pressed, setPressed] = useState(false);
  const blocked = useChatState(({ pending }) => isHeldBack(question, pending));
  const { state, text, problem } = question;
  const awaitsStore = useAwaitsStore(question);
  const waits = state === 'waiting' || state === 'arrived';
  const actions = useActions(question, held => {
    setPressed(true);
    setEditing(held);
  });

  return (
    <MessageFrame
      role="user"
      phase={
        stuck && online
          ? trans.__('Waiting for the server')
          : awaitsStore
            ? trans.__('Waits until the history can be written again')
            : phaseOf(question, online || (!kept && !stuck), blocked, trans)
      }
      busy={waits}
    >
      {editing && state === 'editing' ? (
        <QuestionEditor
          id={question.id}
          text={text}
          attachments={question.attachments ?? NOTHING}
          isNew={pressed}
          onDone={(edited, kept) => {
            setEditing(false);
            void services.asking.release(question, edited, kept);
            focusComposer();
          }}
          onCancel={() => {
            setEditing(false);
            void services.asking.release(question, null);
            focusComposer();
          }}
        />
      ) : (
        <>
          <Attachments attachments={question.attachments ?? []} />
          <div className="jc-Question-text" dir="auto">
            {text}
          </div>
          {state === 'refused' && problem !== null && !awaitsStore ? (
            <ProblemNote problem={problem} actions={actions} />
          ) : (
            (stuck || !(waits && online && !blocked)) && (
              <Waiting lasting={lasting} stuck={stuck} actions={stuck ? [] : actions} />
            )
          )}
        </>
      )}
    </MessageFrame>
  );
}

/** Whether it is sent by itself once the history, about which a banner says more, is well. */
function useAwaitsStore({ state, problem }: Pending): boolean {
  const isUnwell = useChatState(({ health }) => health !== null);
  return (
    isUnwell && state === 'refused' && problem !== null && concernsStore(problem.code)
  );
}

/** What can be done while it waits, and what must not be done where nothing is kept. */
function Waiting({
  lasting,
  stuck,
  actions
}: {
  readonly lasting: boolean;
  /** It cannot be kept for anybody yet. */
  readonly stuck: boolean;
  readonly actions: readonly Action[];
}) {
  const { trans } = useChat();
  return (
    <>
      {stuck && (
        <p className="jc-Pending-note">
          {trans.__(
            'There was no connection since the page was loaded: leave this page open until it is sent.'
          )}
        </p>
      )}
      {!lasting && !stuck && (
        <p className="jc-Pending-note">
          {trans.__(
            'This browser does not let the chat keep it: leave this page open until it is sent.'
          )}
        </p>
      )}
      {actions.length > 0 && (
        <div className="jc-Buttons">
          {actions.map(({ label, run }) => (
            <button key={label} type="button" className="jc-Button" onClick={run}>
              {label}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function useActions(
  question: Pending,
  onHeld: (held: boolean) => void
): readonly Action[] {
  const { services, trans, focusComposer } = useChat();
  const awaitsStore = useAwaitsStore(question);
  if (!isOurs(question)) {
    return [];
  }
  const edit = {
    label: trans.__('Edit'),
    run: () => {
      void services.asking.hold(question).then(held => {
        if (held) {
          services.edits.put(
            question.id,
            services.edits.read(question.id) ?? question.text
          );
        }
        onHeld(held);
      });
    }
  };
  const takeBack = {
    label: trans.__('Take back'),
    run: () => {
      services.edits.forget(question.id);
      void services.asking.takeBack(question).then(focusComposer);
    }
  };
  const { state } = question;
  const send = {
    label: state === 'refused' ? trans.__('Send again') : trans.__('Send as it is'),
    run: () => {
      focusComposer(); // the buttons go
      if (state === 'refused') {
        services.asking.retry(question);
      } else {
        void services.asking.release(question, null);
      }
    }
  };
  return state === 'waiting' || awaitsStore ? [edit, takeBack] : [send, edit, takeBack];
}

function phaseOf(
  { state, tried }: Pending,
  moving: boolean,
  blocked: boolean,
  trans: Translator
): string {
  switch (state) {
    case 'refused':
      return trans.__('Not sent');
    case 'editing':
      return trans.__('Kept back while it is edited');
    case 'arrived':
      return trans.__('Sending…');
    case 'waiting':
      if (blocked) {
        return trans.__('Waits for the question before it');
      }
      if (moving) {
        return trans.__('Sending…');
      }
      return tried
        ? trans.__('Sent; whether it has arrived shows when connected')
        : trans.__('Waiting for the connection');
  }
}
