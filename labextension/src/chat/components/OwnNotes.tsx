import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import type { AccountPatch, Problem } from '../protocol';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { number } from './format';
import { DeleteIcon, EditIcon } from './icons';
import { useAutoGrow } from './useAutoGrow';

const MOST = 50;
const LONGEST = 500;

type Edit = (notes: readonly string[]) => string[];

/** What a person wants to be known in every conversation. */
export function OwnNotes() {
  const { services, trans } = useChat();
  const account = useChatState(state => state.account);
  const { change, changeNotes, problem } = useChanging();
  const [edited, setEdited] = useState<number | null>(null);
  const title = useId();
  const explanation = useId();
  const list = useRef<HTMLUListElement>(null);
  const wasEdited = useRef<number | null>(null);
  useEffect(() => {
    if (edited === null && wasEdited.current !== null) {
      const note = list.current?.children[wasEdited.current];
      note?.querySelector('button')?.focus(); // the form is gone
    }
    wasEdited.current = edited;
  }, [edited]);
  if (account === null) {
    return null;
  }
  const notes = account.notes ?? [];
  const remove = (note: string, place: number) => {
    void changeNotes(without(note)).then(isDone => {
      if (isDone) {
        services.organising.offer(trans.__('Note deleted.'), () =>
          changeNotes(known => [...known.slice(0, place), note, ...known.slice(place)])
        );
        list.current?.focus(); // the button is gone
      }
    });
  };
  return (
    <section className="jc-OwnNotes" aria-labelledby={title}>
      <h3 id={title}>{trans.__('What answers should know of you')}</h3>
      <label className="jc-Check">
        <input
          type="checkbox"
          aria-describedby={explanation}
          checked={account.use_notes === true}
          onChange={({ currentTarget }) => {
            void change({ use_notes: currentTarget.checked });
          }}
        />
        {trans.__('Send my notes with every question')}
      </label>
      <p id={explanation} className="jc-Settings-note">
        {trans.__(
          'They go to the model with the instructions. A conversation can do without them (in its context panel), and temporary ones do.'
        )}
      </p>
      {notes.length > 0 && (
        <ul ref={list} tabIndex={-1} aria-label={trans.__('Notes')}>
          {notes.map((note, place) => (
            <li key={`${String(place)} ${note}`}>
              {edited === place ? (
                <NoteForm
                  label={trans.__('Note')}
                  value={note}
                  others={without(note)(notes)}
                  action={trans.__('Save')}
                  onCancel={() => {
                    setEdited(null);
                  }}
                  onDone={async text => {
                    const isDone = await changeNotes(replacing(note, text));
                    if (isDone) {
                      setEdited(null);
                    }
                    return isDone;
                  }}
                />
              ) : (
                <>
                  <span dir="auto">{note}</span>
                  <IconButton
                    icon={EditIcon}
                    label={trans.__('Edit the note “%1”', shortened(note))}
                    onClick={() => {
                      setEdited(place);
                    }}
                  />
                  <IconButton
                    icon={DeleteIcon}
                    label={trans.__('Delete the note “%1”', shortened(note))}
                    onClick={() => {
                      remove(note, place);
                    }}
                  />
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {problem !== null && <ProblemNote problem={problem} />}
      {notes.length < MOST ? (
        <NoteForm
          label={trans.__('New note')}
          placeholder={trans.__('For example: I work with R and prefer short answers')}
          value=""
          others={notes}
          action={trans.__('Add')}
          onDone={text =>
            changeNotes(known => (known.includes(text) ? [...known] : [...known, text]))
          }
        />
      ) : (
        <p className="jc-Settings-note">
          {trans.__('These are %1 notes, and no more fit.', number(MOST))}
        </p>
      )}
    </section>
  );
}

interface FormProps {
  readonly label: string;
  readonly placeholder?: string;
  readonly value: string;
  /** What it may not be: those notes are there. */
  readonly others: readonly string[];
  readonly action: string;
  /** Whether it was kept: then the field is empty again. */
  readonly onDone: (text: string) => Promise<boolean>;
  readonly onCancel?: () => void;
}

function NoteForm(props: FormProps) {
  const { label, placeholder, value, others, action, onDone, onCancel } = props;
  const { trans } = useChat();
  const [text, setText] = useState(value);
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useAutoGrow(area, text);
  const isEdit = onCancel !== undefined;
  useEffect(() => {
    if (isEdit) {
      area.current?.focus();
      area.current?.setSelectionRange(LONGEST, LONGEST);
    }
  }, [isEdit]);
  const wanted = text.trim();
  const word = useId();
  const isThere = others.includes(wanted);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (wanted === '' || isThere || busy) {
      return;
    }
    setBusy(true);
    void onDone(wanted).then(isKept => {
      setBusy(false);
      if (isKept && !isEdit) {
        setText('');
        area.current?.focus();
      }
    });
  };
  return (
    <form onSubmit={submit}>
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        aria-label={label}
        aria-describedby={isThere ? word : undefined}
        placeholder={placeholder}
        maxLength={LONGEST}
        value={text}
        onChange={event => {
          setText(event.target.value);
        }}
        onKeyDown={event => {
          if (event.nativeEvent.isComposing) {
            return;
          }
          if (event.key === 'Enter' && !event.shiftKey) {
            submit(event);
          } else if (event.key === 'Escape' && onCancel !== undefined) {
            event.preventDefault();
            onCancel();
          }
        }}
      />
      {isThere && (
        <small id={word} role="status" className="jc-OwnNotes-word">
          {trans.__('This is one of your notes already.')}
        </small>
      )}
      <span className="jc-Buttons">
        <button
          type="submit"
          className="jc-Button"
          disabled={wanted === '' || isThere || busy}
        >
          {action}
        </button>
        {onCancel !== undefined && (
          <button type="button" className="jc-Button" onClick={onCancel}>
            {trans.__('Cancel')}
          </button>
        )}
      </span>
    </form>
  );
}

/** Changes are made to what there is now: another window may have changed it. */
function useChanging() {
  const { services } = useChat();
  const [problem, setProblem] = useState<Problem | null>(null);
  const attempt = async (make: () => Promise<AccountPatch>): Promise<boolean> => {
    try {
      const account = await services.rest.changeAccount(await make());
      services.store.update(state => ({ ...state, account }));
      setProblem(null);
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    }
  };
  return {
    problem,
    change: (patch: AccountPatch) => attempt(() => Promise.resolve(patch)),
    changeNotes: (edit: Edit) =>
      attempt(async () => {
        const { notes = [] } = await services.rest.account();
        return { notes: edit(notes) };
      })
  };
}

function without(note: string): Edit {
  return notes => notes.filter((_, place) => place !== notes.indexOf(note));
}

function replacing(note: string, text: string): Edit {
  return notes =>
    notes.map((known, place) => (place === notes.indexOf(note) ? text : known));
}

function shortened(note: string): string {
  const [line] = note.split('\n');
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
