import { useEffect, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import type { LibraryReport, Preset, Problem, Prompt } from '../protocol';
import { EntryRow } from './EntryRow';
import { LibraryReportNote } from './LibraryReportNote';
import { PresetForm } from './PresetForm';
import { ProblemNote } from './ProblemNote';
import { PromptForm } from './PromptForm';
import { useChat } from './context';
import { AddIcon, ExportIcon, ImportIcon } from './icons';
import { useLibrary } from './useLibrary';

/** One's presets and prompts: to change, to share, to bring. */
export function LibrarySection() {
  const { services, trans } = useChat();
  const { state, presets, prompts, isKnown, problem } = useLibrary();
  /** The id of what is being changed, or what is made anew. */
  const [editing, setEditing] = useState<string | null>(null);
  const section = useRef<HTMLElement>(null);
  /** Whose button takes the focus next; another one each time. */
  const [next, setNext] = useState<{ readonly entryId?: string } | null>(null);
  useEffect(() => {
    const { current } = section;
    if (next !== null) {
      const row = current?.querySelector<HTMLElement>(
        `[data-entry="${next.entryId ?? ''}"]`
      );
      const button = (row ?? current)?.querySelector<HTMLElement>('button') ?? row;
      button?.focus();
    }
  }, [next]);
  const done = (entryId = editing ?? undefined) => {
    setEditing(null);
    setNext({ entryId }); // the form goes
  };
  const remove = async (entry: Preset | Prompt) => {
    const kind = 'text' in entry ? 'prompts' : 'presets';
    const putBack = () =>
      'text' in entry ? state.putPrompt(entry) : state.putPreset(entry);
    const refuse = (error: unknown) => {
      const refusal = problemOf(error);
      services.store.update(shown => ({ ...shown, refusal }));
      return false;
    };
    const entries: readonly { id: string }[] = 'text' in entry ? prompts : presets;
    const index = entries.findIndex(({ id }) => id === entry.id);
    try {
      await state.delete(kind, entry.id);
      const beside = entries.at(index + 1) ?? entries.at(index - 1);
      setNext({ entryId: beside?.id }); // the button goes
    } catch (error) {
      refuse(error);
      return;
    }
    services.organising.offer(
      trans.__('Deleted “%1”.', entry.name),
      () => putBack().catch(refuse),
      [],
      true
    );
  };
  const row = (entry: Preset | Prompt, note: string) => (
    <EntryRow
      key={entry.id}
      id={entry.id}
      name={entry.name}
      note={note}
      onEdit={() => {
        setEditing(entry.id);
      }}
      onShare={() => {
        state.share(entry.id);
      }}
      onDelete={() => {
        void remove(entry);
      }}
    />
  );
  return (
    <section className="jc-Library" ref={section} aria-labelledby="jc-library">
      <h3 id="jc-library">{trans.__('Presets and prompts')}</h3>
      <p className="jc-Settings-note">
        {trans.__(
          'Type / where you ask to use them. A preset sets the model, its parameters and the system prompt of a conversation; a prompt is a text to ask with, in which {{words}} are filled in.'
        )}
      </p>
      {problem !== null && <ProblemNote problem={problem} />}
      <h4 id="jc-presets">{trans.__('Presets')}</h4>
      {isKnown && presets.length === 0 && editing !== NEW_PRESET && (
        <p className="jc-Settings-note">
          {trans.__('None yet. You can also save one where the model is chosen.')}
        </p>
      )}
      <ul className="jc-Entries" aria-labelledby="jc-presets">
        {presets.map(preset =>
          editing === preset.id ? (
            <li key={preset.id}>
              <PresetForm preset={preset} onDone={done} />
            </li>
          ) : (
            row(preset, preset.settings.model ?? trans.__('Your default model'))
          )
        )}
        {editing === NEW_PRESET && (
          <li>
            <PresetForm onDone={done} />
          </li>
        )}
      </ul>
      <h4 id="jc-prompts">{trans.__('Prompts')}</h4>
      {isKnown && prompts.length === 0 && editing !== NEW_PROMPT && (
        <p className="jc-Settings-note">{trans.__('None yet.')}</p>
      )}
      <ul className="jc-Entries" aria-labelledby="jc-prompts">
        {prompts.map(prompt =>
          editing === prompt.id ? (
            <li key={prompt.id}>
              <PromptForm prompt={prompt} onDone={done} />
            </li>
          ) : (
            row(prompt, prompt.text.trim().split('\n', 1)[0])
          )
        )}
        {editing === NEW_PROMPT && (
          <li>
            <PromptForm onDone={done} />
          </li>
        )}
      </ul>
      <div className="jc-Buttons">
        <button
          type="button"
          className="jc-Button"
          data-entry={NEW_PRESET}
          onClick={() => {
            setEditing(NEW_PRESET);
          }}
        >
          <AddIcon />
          {trans.__('New preset')}
        </button>
        <button
          type="button"
          className="jc-Button"
          data-entry={NEW_PROMPT}
          onClick={() => {
            setEditing(NEW_PROMPT);
          }}
        >
          <AddIcon />
          {trans.__('New prompt')}
        </button>
        {presets.length + prompts.length > 0 && (
          <button
            type="button"
            className="jc-Button"
            onClick={() => {
              state.share();
            }}
          >
            <ExportIcon />
            {trans.__('Share all as a file')}
          </button>
        )}
        <ImportButton />
      </div>
    </section>
  );
}

const NEW_PRESET = 'new preset';
const NEW_PROMPT = 'new prompt';

/** Adds what somebody else has shared. */
function ImportButton() {
  const { trans } = useChat();
  const { state } = useLibrary();
  const input = useRef<HTMLInputElement>(null);
  const [report, setReport] = useState<LibraryReport | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const take = async (file: File) => {
    setReport(null);
    setProblem(null);
    try {
      setReport(await state.takeIn(file));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,application/json"
        aria-label={trans.__('File with presets and prompts')}
        onChange={event => {
          const file = event.target.files?.item(0);
          if (file != null) {
            void take(file);
          }
          event.target.value = ''; // the same file may be chosen again
        }}
      />
      <button
        type="button"
        className="jc-Button"
        onClick={() => {
          input.current?.click();
        }}
      >
        <ImportIcon />
        {trans.__('Add from a file…')}
      </button>
      {report !== null && <LibraryReportNote report={report} />}
      {problem !== null && <ProblemNote problem={problem} />}
    </>
  );
}
