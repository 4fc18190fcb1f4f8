import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { problemOf } from '../client/problem';
import { newId } from '../ids';
import type { Problem } from '../protocol';
import { ProblemNote } from './ProblemNote';
import { useChat } from './context';
import { useLibrary } from './useLibrary';
import { useModelSettings } from './useModelSettings';

const LONGEST_NAME = 50;

/** Keeps how answers are made in the open conversation as a preset. */
export function SavePreset() {
  const { services, trans, announce } = useChat();
  const { own, defaults, modelId } = useModelSettings();
  const [naming, setNaming] = useState(false);
  const { state, presets } = useLibrary(naming);
  const [name, setName] = useState('');
  const [id, setId] = useState(newId);
  const [problem, setProblem] = useState<Problem | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const label = useId();
  const wanted = name.trim().replace(/\s+/g, ' ');
  const same = presets.find(preset => preset.name.toLowerCase() === wanted.toLowerCase());

  const wasNaming = useRef(false);
  useEffect(() => {
    if (naming) {
      input.current?.focus();
    } else if (wasNaming.current) {
      button.current?.focus(); // the field has gone
    }
    wasNaming.current = naming;
  }, [naming]);

  useEffect(() => {
    form.current?.scrollIntoView({ block: 'nearest' }); // with its buttons
  }, [naming, same]);

  const end = () => {
    setNaming(false);
    setName('');
    setProblem(null);
  };
  const keep = async (event: FormEvent) => {
    event.preventDefault();
    if (wanted === '') {
      return;
    }
    // All that applies here: where it is used, other defaults may.
    const settings = { ...defaults, ...own, model: modelId ?? undefined };
    try {
      await state.putPreset({ id: same?.id ?? id, name: wanted, settings });
      announce(trans.__('Saved “%1”.', wanted));
      if (same !== undefined) {
        const takeBack = () => state.putPreset(same).then(() => true);
        services.organising.offer(trans.__('“%1” was replaced.', wanted), takeBack, []);
      }
      setId(newId()); // the next one is another one
      end();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  if (!naming) {
    return (
      <button
        ref={button}
        type="button"
        className="jc-Button"
        onClick={() => {
          setNaming(true);
        }}
      >
        {trans.__('Save as preset…')}
      </button>
    );
  }
  return (
    <form
      ref={form}
      className="jc-SavePreset"
      onSubmit={event => {
        void keep(event);
      }}
    >
      <label htmlFor={label}>{trans.__('Name of the preset')}</label>
      <input
        ref={input}
        id={label}
        value={name}
        dir="auto"
        maxLength={LONGEST_NAME}
        autoComplete="off"
        onChange={event => {
          setName(event.target.value);
        }}
      />
      {same !== undefined && (
        <p role="status">{trans.__('There is a preset of this name already.')}</p>
      )}
      <button type="submit" className="jc-Button jc-mod-accent" disabled={wanted === ''}>
        {same === undefined ? trans.__('Save') : trans.__('Replace “%1”', same.name)}
      </button>
      <button type="button" className="jc-Button" onClick={end}>
        {trans.__('Cancel')}
      </button>
      {problem !== null && <ProblemNote problem={problem} />}
    </form>
  );
}
