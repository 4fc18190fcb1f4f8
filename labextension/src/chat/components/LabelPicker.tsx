import { useEffect, useId, useRef, useState } from 'react';
import type { Count, Thread } from '../protocol';
import { useChat, useChatState } from './context';
import { number } from './format';
import { DoneIcon } from './icons';
import { useThreadActions } from './useThreadActions';

const LONGEST = 50;
const MOST_TAGS = 20;
const NOTHING: readonly Count[] = [];

export interface LabelsProps {
  readonly kind: 'tag' | 'folder';
  readonly threads: readonly Thread[];
  readonly onDone: () => void;
}

/** Gives threads tags, or a folder: one of those that exist, or a new one. */
export function LabelPicker({ kind, threads, onDone }: LabelsProps) {
  const { trans, announce } = useChat();
  const actions = useThreadActions();
  const folders = useChatState(state => state.folders);
  const [text, setText] = useState('');
  /** The tag that was typed though it is set. */
  const [present, setPresent] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const label = useId();
  const counts = (kind === 'tag' ? folders?.tags : folders?.folders) ?? NOTHING;
  const common = commonLabels(kind, threads);
  const names = [...new Set([...common, ...counts.map(({ name }) => name)])].sort(
    (one, other) => one.localeCompare(other)
  );
  const wanted = text.trim().replace(/\s+/g, ' ');
  const shown = names.filter(name => name.toLowerCase().includes(wanted.toLowerCase()));
  const full =
    kind === 'tag' && threads.some(({ tags = [] }) => tags.length >= MOST_TAGS);

  useEffect(() => {
    input.current?.focus();
  }, []);

  const choose = (name: string) => {
    setText('');
    if (kind === 'folder') {
      void actions.move(threads, common.includes(name) ? null : name);
      onDone();
    } else if (common.includes(name)) {
      void actions.untag(threads, name);
    } else if (!full) {
      void actions.tag(threads, name);
    }
  };
  /** What is typed is wanted: it is never taken away, as a press on it in the list does. */
  const enter = () => {
    const same = names.find(name => name.toLowerCase() === wanted.toLowerCase());
    if (same === undefined || !common.includes(same)) {
      choose(same ?? wanted);
    } else if (kind === 'folder') {
      onDone();
    } else {
      setPresent(same);
      announce(trans.__('The tag “%1” is set already.', same));
    }
  };
  const title =
    kind === 'folder'
      ? trans.__('Move to folder')
      : threads.length === 1
        ? trans.__('Tags')
        : trans.__('Tag all');
  return (
    <div className="jc-LabelPicker" role="dialog" aria-labelledby={label}>
      <h3 id={label}>{title}</h3>
      <input
        ref={input}
        value={text}
        maxLength={LONGEST}
        dir="auto"
        placeholder={
          kind === 'folder'
            ? trans.__('Find or make a folder')
            : trans.__('Find or add a tag')
        }
        aria-label={kind === 'folder' ? trans.__('Folder') : trans.__('Tag')}
        onChange={event => {
          setText(event.target.value);
          setPresent(null);
        }}
        onKeyDown={event => {
          event.stopPropagation();
          if (event.key === 'Enter' && !event.nativeEvent.isComposing && wanted !== '') {
            enter();
          }
        }}
      />
      <ul>
        {shown.map(name => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={common.includes(name)}
              disabled={full && !common.includes(name)}
              onClick={() => {
                setPresent(null);
                choose(name);
              }}
            >
              <span>{name}</span>
              {common.includes(name) ? (
                <DoneIcon />
              ) : (
                <small>
                  {number(counts.find(count => count.name === name)?.threads ?? 0)}
                </small>
              )}
            </button>
          </li>
        ))}
      </ul>
      {wanted !== '' && shown.length === 0 && (
        <p>
          {kind === 'folder'
            ? trans.__('Enter makes the folder “%1”.', wanted)
            : trans.__('Enter adds the tag “%1”.', wanted)}
        </p>
      )}
      {present !== null && <p>{trans.__('The tag “%1” is set already.', present)}</p>}
      {full && (
        <p role="status">{trans.__('%1 tags are the most.', number(MOST_TAGS))}</p>
      )}
    </div>
  );
}

/** What all of the threads have. */
function commonLabels(
  kind: LabelsProps['kind'],
  threads: readonly Thread[]
): readonly string[] {
  const of = ({ folder = null, tags = [] }: Thread) =>
    kind === 'tag' ? tags : folder === null ? [] : [folder];
  const [first, ...others] = threads.map(of);
  return threads.length === 0
    ? []
    : first.filter(name => others.every(labels => labels.includes(name)));
}
