import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import type { Mention, MentionSource } from '../mentions';
import { passed } from '../state/passed';
import { useChat } from './context';

/** After the last key. */
const RETRY = 1000;
const REST = 120;

interface Props {
  readonly source: MentionSource;
  readonly onChosen: (mention: Mention) => void;
}

/** Finds what a source has to attach by a part of its name. */
export function SourcePicker({ source, onChosen }: Props) {
  const { trans, announce } = useChat();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const { found, problem } = useFound(source, text);
  const input = useRef<HTMLInputElement>(null);
  const [title, list] = [useId(), useId()];
  const count = found?.length;

  useEffect(() => {
    input.current?.focus();
  }, []);
  useEffect(() => {
    setActive(0);
  }, [found]);
  useEffect(() => {
    if (count === 0) {
      announce(trans.__('Nothing found'));
    }
  }, [count, announce, trans]);
  useEffect(() => {
    document
      .getElementById(`${list}-${String(active)}`)
      ?.scrollIntoView({ block: 'nearest' });
  }, [list, active]);

  const choose = (mention: Mention | undefined) => {
    if (mention?.off !== undefined) {
      announce(mention.off);
    } else if (mention !== undefined) {
      onChosen(mention);
    }
  };
  const key = (event: KeyboardEvent) => {
    const step = ({ ArrowDown: 1, ArrowUp: -1 } as Partial<Record<string, number>>)[
      event.key
    ];
    if (step !== undefined) {
      event.preventDefault();
      setActive(Math.max(0, Math.min((count ?? 0) - 1, active + step)));
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      choose(found?.[active]);
    }
    if (event.key !== 'Escape') {
      event.stopPropagation(); // notebooks and lists have keys of their own
    }
  };
  return (
    <div className="jc-SourcePicker" role="dialog" aria-labelledby={title}>
      <h3 id={title}>{source.label}</h3>
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={trans.__('Part of its name')}
        aria-expanded
        aria-controls={list}
        aria-activedescendant={
          count === undefined || count === 0 ? undefined : `${list}-${String(active)}`
        }
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        placeholder={trans.__('Part of its name')}
        value={text}
        onChange={event => {
          setText(event.target.value);
        }}
        onKeyDown={key}
      />
      <ul id={list} role="listbox" aria-label={source.label}>
        {found?.map((mention, index) => (
          <li
            key={mention.id}
            id={`${list}-${String(index)}`}
            role="option"
            aria-selected={index === active}
            aria-disabled={mention.off === undefined ? undefined : true}
            title={mention.off ?? mention.label}
            onPointerMove={() => {
              setActive(index);
            }}
            onClick={() => {
              choose(mention);
            }}
          >
            <Path label={mention.label} />
            <small>{mention.note}</small>
          </li>
        ))}
      </ul>
      <p role="status">
        {problem ??
          (found === null
            ? trans.__('Looking…')
            : count === 0
              ? trans.__('Nothing here has this in its name.')
              : null)}
      </p>
    </div>
  );
}

/** A path by its name first: where there is little room, that says the most. */
function Path({ label }: { readonly label: string }) {
  const cut = label.lastIndexOf('/');
  return (
    <span className="jc-SourcePicker-label" dir="ltr">
      <span>{label.slice(cut + 1)}</span>
      {cut > 0 && <small>{label.slice(0, cut)}</small>}
    </span>
  );
}

/** What is found by a text, a moment after it was typed; `null` before the first time. */
function useFound(source: MentionSource, text: string) {
  const [found, setFound] = useState<readonly Mention[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    const look = async () => {
      try {
        const mentions = await source.complete(text.trim(), signal);
        if (!signal.aborted) {
          setFound(mentions);
          setProblem(null);
        }
      } catch (error) {
        if (!signal.aborted) {
          setProblem(problemOf(error).message);
          await passed(RETRY, signal); // a kernel, say, may be free again then
          await (signal.aborted ? undefined : look());
        }
      }
    };
    const timer = setTimeout(() => void look(), text === '' ? 0 : REST);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [source, text]);
  return { found, problem };
}
