import {
  type ComponentType,
  type ReactNode,
  type RefObject,
  useLayoutEffect,
  useRef,
  useState
} from 'react';
import type { OpenProps } from '../Chat';
import { MAX_FRAME_BYTES } from '../protocol';
import { attachedIn } from '../state/attaching';
import { isComing } from '../state/pending';
import { current, placeOf } from '../state/state';
import { useStore } from '../state/store';
import { Attachments } from './Attachments';
import { IconButton } from './IconButton';
import { ModelChip } from './ModelChip';
import { type FieldProps, PlainField, isNotHeld } from './PlainField';
import { useChat, useChatState } from './context';
import { number } from './format';
import { useConversation, useOnline, useThread, useView } from './hooks';
import { SendIcon, StopIcon } from './icons';
import { goToEnds, isSendKey } from './keys';
import { useAutoGrow } from './useAutoGrow';

/** The frame has more in it than the text; every character may take six bytes of JSON. */
const LONGEST = Math.floor((MAX_FRAME_BYTES - 128 * 1024) / 6);
const COUNTED_FROM = 200;

interface Props {
  readonly area: RefObject<HTMLTextAreaElement>;
  /** How full the model's window is, where there is room for that. */
  readonly meter: ReactNode;
  /** What attaches something, and what is attached, where there is room for that. */
  readonly attach: ReactNode;
  readonly attached: ReactNode;
  /** Whether the model is being chosen. */
  readonly model: OpenProps;
}

/** Where questions are typed. */
export function Composer(props: Props) {
  const { area, meter, attach, model } = props;
  const { services, trans, sendKey, panes, focusComposer } = useChat();
  const open = useChatState(state => state.open);
  const draft = useStore(services.drafts.store, () => services.drafts.read(open));
  const attached = useChatState(state => attachedIn(state));
  const thread = useThread();
  const temporary =
    useChatState(state => state.newTemporary) || thread?.temporary === true;
  const ready = useConversation() !== undefined || open.isNew;
  const { messages, running, pending } = useView();
  const [stopping, setStopping] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useAutoGrow(area, draft);

  const tooLong = draft.length > LONGEST;
  const sendable = ready && draft.trim() !== '' && !tooLong;
  const busy = running !== undefined || isComing(pending);
  const begun = busy || messages.length > 0;
  const online = useOnline();
  const held = useRef(isNotHeld);
  const send = (regardless = false) => {
    if (sendable && (regardless || !held.current())) {
      const { drafts, attaching, asking } = services;
      const text = drafts.read(open);
      const here = asking.here();
      // It is gone from the field at once: what is typed now is another question.
      drafts.put(open, '');
      attaching.pass({
        place: placeOf(open),
        text,
        attached: attaching.of(open),
        go: attachments => {
          const there = attaching.of(current(services.store.state, open));
          const sent = attachments.filter(each => there.includes(each));
          attaching.remove(...sent);
          asking.send(text, undefined, sent, here);
        },
        stay: () => {
          drafts.putBack(current(services.store.state, open), text);
        },
        again: () => {
          send(true);
        },
        keep: until => {
          drafts.asked(open, text, until);
        }
      });
    }
  };
  const Field: ComponentType<FieldProps> = panes?.Field ?? PlainField;
  return (
    <div
      className="jc-Composer"
      ref={box}
      data-too-long={tooLong || undefined}
      data-temporary={temporary || undefined}
    >
      {props.attached ?? (
        <Attachments
          attachments={attached}
          onRemove={attachment => {
            services.attaching.remove(attachment);
            focusComposer(); // the button goes
          }}
        />
      )}
      <Field
        area={area}
        held={held}
        onSend={() => {
          send(true);
        }}
        attributes={{
          value: draft,
          rows: 1,
          dir: 'auto',
          'aria-label': trans.__('Question'),
          'aria-describedby': 'jc-composer-hint',
          placeholder: begun ? trans.__('Ask a follow-up') : trans.__('Ask anything'),
          onChange: event => {
            services.drafts.put(open, event.target.value);
          },
          onKeyDown: event => {
            if (isSendKey(event, sendKey)) {
              event.preventDefault();
              send();
            } else if (draft === '' && !event.shiftKey) {
              goToEnds(event, services.browsing); // there is nothing else to go through
            }
          }
        }}
      />
      <div className="jc-Composer-row">
        {attach}
        <ModelChip {...model} />
        {meter}
        <span className="jc-Composer-hint" id="jc-composer-hint">
          <Hint
            busy={busy}
            online={online}
            stopping={running !== undefined && stopping === running.id}
            draft={draft}
            tooLong={tooLong}
          />
        </span>
        {running !== undefined && (
          <StopButton
            stopping={stopping === running.id}
            onStop={() => {
              setStopping(running.id);
              void services.asking.stop(running).finally(() => {
                setStopping(null);
              });
            }}
          />
        )}
        {(running === undefined || draft !== '') && (
          <IconButton
            icon={SendIcon}
            className="jc-Send"
            label={busy ? trans.__('Ask next') : trans.__('Send')}
            disabled={!sendable}
            onClick={() => {
              send();
            }}
          />
        )}
      </div>
    </div>
  );
}

function StopButton({
  stopping,
  onStop
}: {
  readonly stopping: boolean;
  readonly onStop: () => void;
}) {
  const { trans, focusComposer } = useChat();
  const online = useOnline();
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(
    () => () => {
      // The answer has ended by itself, and the button goes.
      if (document.activeElement === button.current) {
        focusComposer();
      }
    },
    [focusComposer]
  );
  return (
    <IconButton
      ref={button}
      icon={StopIcon}
      className="jc-Stop"
      label={online ? trans.__('Stop the answer') : trans.__('Stop it when connected')}
      disabled={stopping}
      onClick={() => {
        focusComposer(); // the button goes
        onStop();
      }}
    />
  );
}

interface HintProps {
  readonly busy: boolean;
  readonly online: boolean;
  readonly stopping: boolean;
  readonly draft: string;
  readonly tooLong: boolean;
}

/** What Enter would do, and how long the question is where that matters. */
function Hint({ busy, online, stopping, draft, tooLong }: HintProps) {
  const { trans } = useChat();
  if (tooLong) {
    return (
      <span role="alert">
        {trans.__('Too long: %1 of %2 characters', number(draft.length), number(LONGEST))}
      </span>
    );
  }
  if (!online && stopping) {
    return <span role="status">{trans.__('Will be stopped when connected')}</span>;
  }
  if (!online && draft.trim() !== '') {
    return <>{trans.__('Will be sent when connected')}</>;
  }
  if (busy && draft.trim() !== '') {
    return <>{trans.__('Will be asked after this answer')}</>;
  }
  return draft.length >= COUNTED_FROM ? (
    <>{trans._n('%2 character', '%2 characters', draft.length, number(draft.length))}</>
  ) : null;
}
