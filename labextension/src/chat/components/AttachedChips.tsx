import { type RefObject, useEffect, useRef } from 'react';
import { attachedIn } from '../state/attaching';
import { Guarding, type Held, type Waiting, suspects } from '../state/guarding';
import { withoutOf } from '../state/edits';
import { screeningOf } from '../state/screening';
import type { Attachment } from '../state/parts';
import { keepAttached } from '../state/keptAttached';
import type { Services } from '../state/services';
import { placeOf } from '../state/state';
import { useStore } from '../state/store';
import { uploadsOf } from '../state/uploads';
import { Attachments, nameOf } from './Attachments';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { compact, number } from './format';
import { useOnline } from './hooks';
import { WarningIcon } from './icons';

/** What goes with the next question, with its tokens and with what speaks against it. */
export function AttachedChips() {
  const { services, trans, focusComposer } = useChat();
  const attached = useChatState(state => attachedIn(state));
  const open = useChatState(state => state.open);
  const place = placeOf(open);
  const draft = useStore(services.drafts.store, () => services.drafts.read(open));
  const online = useOnline();
  const uploads = uploadsOf(services);
  const all = useStore(uploads.store, state => state);
  const busy = uploads.readingFor(place);
  const troubles = all.troubles.filter(trouble => trouble.place === place);
  const screening = screeningOf(services.rest);
  useEffect(() => {
    screening.screen(attached).catch(() => undefined); // the next connection asks again
  }, [screening, attached, online]);
  useEffect(() => {
    keepAttached(services);
    const { attaching } = services;
    attaching.guard = leaving => {
      void guardingOf(services).guard(leaving);
    };
    return () => {
      attaching.guard = null;
    };
  }, [services]);
  return (
    <>
      <Attachments
        attachments={attached}
        Name={Chip}
        onRemove={attachment => {
          services.attaching.remove(attachment);
          focusComposer(); // the button goes
        }}
      />
      {busy.length > 0 && (
        <p className="jc-AttachNote jc-mod-late" role="status">
          {trans.__('Reading %1…', busy.map(({ name }) => name).join(', '))}
        </p>
      )}
      <div className="jc-AttachTroubles" role="status">
        {troubles.map(trouble => (
          <ProblemNote
            key={trouble.id}
            problem={trouble.problem}
            actions={[
              {
                label: trans.__('Close'),
                run: () => {
                  uploads.dismiss(trouble);
                  focusComposer();
                }
              }
            ]}
          />
        ))}
      </div>
      <Guard
        place={place}
        text={draft}
        attached={attached}
        onRemove={gone => {
          services.attaching.remove(...gone);
        }}
        focus={focusComposer}
      />
    </>
  );
}

/** A name, cut in its middle where it is long, the tokens, and a sign of warning. */
function Chip({ attachment }: { readonly attachment: Attachment }) {
  const { services, trans } = useChat();
  const screening = screeningOf(services.rest);
  const finding = useStore(screening.store, () => screening.of(attachment));
  const name = nameOf(attachment, trans);
  const said = [
    ...uploadsOf(services).notesOn(attachment),
    ...(finding?.warnings ?? [])
  ].join(' ');
  const end = Math.max(0, name.length - 14);
  return (
    <>
      <span className="jc-Attachment-name jc-mod-cut" title={name}>
        <span>{name.slice(0, end)}</span>
        <span>{name.slice(end)}</span>
      </span>
      {said !== '' && (
        <span
          className="jc-Attachment-sign"
          role="img"
          aria-label={said}
          title={said}
          data-secret={(finding?.warnings.length ?? 0) > 0 || undefined}
        >
          <WarningIcon />
        </span>
      )}
      {finding !== undefined && (
        <small
          className="jc-Attachment-tokens"
          title={trans._n(
            '%2 token',
            '%2 tokens',
            finding.tokens,
            number(finding.tokens)
          )}
        >
          {compact(finding.tokens)}
        </small>
      )}
    </>
  );
}

interface GuardProps {
  /** Where the question stands: see `Leaving`. */
  readonly place: string;
  readonly text: string;
  readonly attached: readonly Attachment[];
  readonly onRemove: (gone: readonly Attachment[]) => void;
  /** Where the focus goes when this goes. */
  readonly focus: () => void;
}

export interface EditingProps {
  /** Of the question that is changed. */
  readonly id: string;
  readonly text: string;
  /** What goes with it, and what of that still does. */
  readonly attachments: readonly Attachment[];
  readonly attached: readonly Attachment[];
  readonly onAttached: (attached: readonly Attachment[]) => void;
  readonly field: RefObject<HTMLElement>;
}

/** What goes with a question that is changed, and what speaks against it.  Whoever goes on
 * changing it, or goes away, has not asked it yet. */
export function Editing(props: EditingProps) {
  const { id, text, attachments, attached, onAttached, field } = props;
  const { services } = useChat();
  const { edits } = services;
  const guarding = guardingOf(services);
  useEffect(() => {
    const gone = JSON.parse(edits.read(withoutOf(id)) ?? '[]') as number[];
    if (gone.length > 0) {
      onAttached(attachments.filter((_, index) => !gone.includes(index)));
    }
  }, [edits, id, attachments, onAttached]);
  useEffect(
    () => () => {
      guarding.drop(id);
    },
    [guarding, id, text, attached]
  );
  const focus = () => field.current?.focus();
  const remove = (parts: readonly Attachment[]) => {
    const left = attached.filter(each => !parts.includes(each));
    const gone = attachments.flatMap((each, index) =>
      left.includes(each) ? [] : [index]
    );
    edits.put(withoutOf(id), JSON.stringify(gone));
    onAttached(left);
    focus(); // the button goes
  };
  return (
    <>
      <Attachments
        attachments={attached}
        Name={Chip}
        onRemove={attachment => {
          remove([attachment]);
        }}
      />
      <Guard place={id} text={text} attached={attached} onRemove={remove} focus={focus} />
    </>
  );
}

/** Says of a question that was asked why it does not go yet. */
function Guard({ place, text, attached, onRemove, focus }: GuardProps) {
  const { services } = useChat();
  const guarding = guardingOf(services);
  const kept = useStore(guarding.kept, state => state[place]);
  const held = kept?.type === 'held' ? kept : undefined;
  const seen = useRef({ held, text, attached });
  useEffect(() => {
    if (seen.current.held !== held) {
      seen.current = { held, text, attached };
    } else if (
      held !== undefined &&
      (seen.current.text !== text || seen.current.attached !== attached)
    ) {
      guarding.drop(place); // it is another question now
    }
  }, [guarding, place, held, text, attached]);
  if (kept?.type === 'waiting') {
    return <WaitingNote place={place} waiting={kept} focus={focus} />;
  }
  return held === undefined ? null : (
    <SecretQuestion held={held} onRemove={onRemove} focus={focus} />
  );
}

function WaitingNote({
  place,
  waiting,
  focus
}: {
  readonly place: string;
  readonly waiting: Waiting;
  readonly focus: () => void;
}) {
  const { services, trans } = useChat();
  const uploads = uploadsOf(services);
  const isReading = useStore(uploads.store, () => uploads.readingFor(place).length > 0);
  return (
    <p className="jc-AttachNote jc-mod-late" role="status">
      {isReading
        ? trans.__('Your question goes as soon as this has been read.')
        : trans.__(
            'Your question goes as soon as it has been looked through for secrets.'
          )}{' '}
      <button
        type="button"
        className="jc-Button"
        onClick={() => {
          waiting.cancel();
          focus();
        }}
      >
        {trans.__('Not yet')}
      </button>
    </p>
  );
}

function SecretQuestion({
  held,
  onRemove,
  focus
}: { readonly held: Held } & Pick<GuardProps, 'onRemove' | 'focus'>) {
  const { services, trans } = useChat();
  const guarding = guardingOf(services);
  const back = useRef<HTMLButtonElement>(null);
  const { alarms, unseen } = held;
  const gone = suspects(held);
  useEffect(() => {
    back.current?.focus();
  }, []);
  const drop = () => {
    guarding.drop(held.leaving.place);
    focus();
  };
  return (
    <div
      className="jc-Secrets"
      role="alertdialog"
      aria-label={trans.__('Before this is sent')}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.preventDefault();
          event.stopPropagation();
          drop();
        }
      }}
    >
      <WarningIcon />
      <div>
        <ul>
          {alarms.map(({ attachment, warnings }, index) => (
            <li key={index}>
              <strong>
                {attachment === null ? trans.__('Your text') : nameOf(attachment, trans)}
              </strong>{' '}
              {warnings.join(' ')}
            </li>
          ))}
          {unseen.map((attachment, index) => (
            <li key={index}>
              <strong>{nameOf(attachment, trans)}</strong>{' '}
              {trans.__(
                'Not looked through for secrets: the server cannot be reached now.'
              )}
            </li>
          ))}
        </ul>
        <div className="jc-Buttons">
          <button
            ref={back}
            type="button"
            className="jc-Button jc-mod-accent"
            onClick={() => {
              onRemove(gone);
              drop();
            }}
          >
            {gone.length > 0 ? trans.__('Remove') : trans.__('Back')}
          </button>
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              focus();
              guarding.allow(held);
            }}
          >
            {trans.__('Send all the same')}
          </button>
        </div>
      </div>
    </div>
  );
}

const ofChats = new WeakMap<Services, Guarding>();

function guardingOf(services: Services): Guarding {
  let found = ofChats.get(services);
  if (found === undefined) {
    found = new Guarding(screeningOf(services.rest), uploadsOf(services));
    ofChats.set(services, found);
  }
  return found;
}
