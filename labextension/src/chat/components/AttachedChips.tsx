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
import { type Trouble, uploadsOf } from '../state/uploads';
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
  const list = useRef<HTMLUListElement>(null);
  const before = useRef(0);
  useEffect(() => {
    if (attached.length > before.current) {
      list.current?.lastElementChild?.scrollIntoView({ block: 'nearest' });
    }
    before.current = attached.length;
  }, [attached]);
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
        list={list}
        Name={Chip}
        onRemove={attachment => {
          services.attaching.remove(attachment);
          focusComposer(); // the button goes
        }}
      />
      {attached.length > FEW && (
        <button
          type="button"
          className="jc-Button jc-RemoveAll"
          onClick={() => {
            services.attaching.remove(...attached);
            focusComposer(); // the button goes
          }}
        >
          {trans.__('Remove all %1', number(attached.length))}
        </button>
      )}
      {busy.length > 0 && (
        <p className="jc-AttachNote jc-mod-late" role="status">
          {trans.__('Reading %1…', busy.map(({ name }) => name).join(', '))}
        </p>
      )}
      <Troubles
        troubles={troubles}
        onClose={() => {
          troubles.forEach(trouble => {
            uploads.dismiss(trouble);
          });
          focusComposer();
        }}
      />
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

/** A name of so many signs has room everywhere; of a longer one, so many stay at its end. */
const SHORT = 16;
const TAIL = 12;
/** So many are removed one by one. */
const FEW = 3;

/** Why something could not be attached: one note, however much it was. */
function Troubles({
  troubles,
  onClose
}: {
  readonly troubles: readonly Trouble[];
  readonly onClose: () => void;
}) {
  const { trans } = useChat();
  const list = useRef<HTMLUListElement>(null);
  const reasons = byReason(troubles);
  useEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: 'nearest' });
  }, [reasons.length, troubles.length]);
  return (
    <div className="jc-AttachTroubles" role="status">
      {troubles.length === 1 && (
        <ProblemNote
          problem={troubles[0].problem}
          actions={[{ label: trans.__('Close'), run: onClose }]}
        />
      )}
      {troubles.length > 1 && (
        <div className="jc-Problem">
          <WarningIcon />
          <div className="jc-Problem-text">
            <ul ref={list}>
              {reasons.map(({ reason, names, message }) => (
                <li key={message}>
                  {names.length > 1 ? (
                    <>
                      <strong>{names.join(', ')}</strong>{' '}
                      {trans.__('Each of them %1', reason)}
                    </>
                  ) : (
                    message
                  )}
                </li>
              ))}
            </ul>
            <div className="jc-Buttons">
              <button type="button" className="jc-Button jc-mod-accent" onClick={onClose}>
                {trans.__('Close all')}
              </button>
            </div>
          </div>
        </div>
      )}
    </div>
  );
}

interface Reason {
  /** What is said of each: “name” and this. */
  readonly reason: string;
  readonly names: string[];
  /** Of the first. */
  readonly message: string;
}

/** What is said of several files alike is said once. */
function byReason(troubles: readonly Trouble[]): readonly Reason[] {
  const reasons = new Map<string, Reason>();
  for (const { problem } of troubles) {
    const { message } = problem;
    const [, name, rest] = /^“([^”]*)” (.*)$/su.exec(message) ?? [message, message, ''];
    const key = rest === '' ? message : rest;
    const known = reasons.get(key);
    if (known === undefined) {
      reasons.set(key, { reason: rest, names: [name], message });
    } else if (rest !== '' && !known.names.includes(name)) {
      known.names.push(name);
    }
  }
  return [...reasons.values()];
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
  const end = name.length > SHORT ? name.length - TAIL : 0;
  return (
    <>
      <span className="jc-Attachment-name jc-mod-cut" title={name}>
        {end > 0 && <span>{name.slice(0, end)}</span>}
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
