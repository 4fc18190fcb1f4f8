import { useEffect, useMemo, useRef } from 'react';
import { Guarding, type Held } from '../state/guarding';
import { type Screening, screeningOf } from '../state/screening';
import type { Attachment } from '../state/parts';
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
  const attached = useChatState(state => state.attached);
  const online = useOnline();
  const uploads = uploadsOf(services);
  const { busy, troubles } = useStore(uploads.store, state => state);
  const screening = screeningOf(services.rest);
  useEffect(() => {
    screening.screen(attached).catch(() => undefined); // the next connection asks again
  }, [screening, attached, online]);
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
      <Guard screening={screening} />
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

/** Looks at each question before it goes, and asks about what looks like a secret. */
function Guard({ screening }: { readonly screening: Screening }) {
  const { services } = useChat();
  const { store, attaching, drafts } = services;
  const guarding = useMemo(
    () => new Guarding(store, attaching, screening, uploadsOf(services)),
    [services, store, attaching, screening]
  );
  const held = useStore(guarding.held, state => state);
  const open = useChatState(state => state.open);
  const attached = useChatState(state => state.attached);
  const draft = useStore(drafts.store, () => drafts.read(open));
  useEffect(() => {
    attaching.guard = go => {
      void guarding.guard(drafts.read(store.state.open), go);
    };
    return () => {
      attaching.guard = null;
    };
  }, [attaching, guarding, drafts, store]);
  useEffect(() => {
    guarding.drop(); // it is another question now
  }, [guarding, open.threadId, attached, draft]);
  return held && <SecretQuestion held={held} guarding={guarding} />;
}

interface QuestionProps {
  readonly held: Held;
  readonly guarding: Guarding;
}

function SecretQuestion({ held, guarding }: QuestionProps) {
  const { trans, focusComposer } = useChat();
  const back = useRef<HTMLButtonElement>(null);
  const { alarms, unseen } = held;
  const isAttached = unseen.length > 0 || alarms.some(({ attachment }) => attachment);
  useEffect(() => {
    back.current?.focus();
  }, []);
  return (
    <div
      className="jc-Secrets"
      role="alertdialog"
      aria-label={trans.__('Before this is sent')}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.preventDefault();
          event.stopPropagation();
          guarding.drop();
          focusComposer();
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
              guarding.remove(held);
              focusComposer();
            }}
          >
            {isAttached ? trans.__('Remove') : trans.__('Back')}
          </button>
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              guarding.allow(held);
              focusComposer();
            }}
          >
            {trans.__('Send all the same')}
          </button>
        </div>
      </div>
    </div>
  );
}
