import { useEffect, useId, useRef, useState } from 'react';
import type { Effort, ThreadSettings } from '../protocol';
import { ModelPicker } from './ModelPicker';
import { type Action, ProblemNote } from './ProblemNote';
import { useChat, useChatState } from './context';
import { compact, number } from './format';
import { useSourceActions } from './problemActions';
import { modelNamed, useModelSettings } from './useModelSettings';
import { useRoom } from './useRoom';

const EFFORTS: readonly Effort[] = [
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max'
];

/** The most that the server takes for a model of which nothing is known. */
const MOST_TOKENS = 10_000_000;

/** The model of a conversation and those of its parameters that the model takes. */
export function ModelPopover({ onDone }: { readonly onDone: () => void }) {
  const { services, trans, panes } = useChat();
  const { own, defaults, model } = useModelSettings();
  const models = useChatState(state => state.models);
  const actions = useSourceActions(models?.problem ?? null, onDone);
  const title = useId();
  const element = useRef<HTMLDivElement>(null);

  useRoom(element);
  useEffect(() => {
    element.current?.querySelector<HTMLElement>('input')?.focus();
  }, []);

  return (
    <div className="jc-Popover" role="dialog" aria-labelledby={title} ref={element}>
      <h3 id={title}>{trans.__('How to answer here')}</h3>
      <SettingsFields
        own={own}
        defaults={defaults}
        actions={actions}
        hint={trans.__('How the model should behave in this conversation')}
        onChange={settings => {
          void services.listing.changeSettings(settings);
        }}
      />
      <div className="jc-Popover-foot">
        {model?.context_tokens != null && (
          <span>{trans.__('Reads %1 tokens', compact(model.context_tokens))}</span>
        )}
        <button
          type="button"
          className="jc-Button"
          onClick={() => {
            void services.account.tryToChange({ defaults: { ...defaults, ...own } });
            onDone();
          }}
        >
          {trans.__('Use for new conversations')}
        </button>
        {panes !== undefined && <panes.SettingsExtra />}
      </div>
    </div>
  );
}

interface SettingsProps {
  /** What is set. */
  readonly own: ThreadSettings;
  /** What applies where nothing is. */
  readonly defaults: ThreadSettings;
  /** What can be done where the list of models cannot be had. */
  readonly actions?: readonly Action[];
  /** What a system prompt is for, here. */
  readonly hint: string;
  readonly onChange: (settings: ThreadSettings) => void;
}

/** A model, and those of its parameters that it takes. */
export function SettingsFields(props: SettingsProps) {
  const { own, defaults, actions, hint, onChange } = props;
  const { trans } = useChat();
  const models = useChatState(state => state.models);
  const problem = models?.problem ?? null;
  const modelId = own.model ?? defaults.model ?? models?.default ?? null;
  const model = modelNamed(models, modelId);

  /** Only what was changed here: the rest goes on following one's own default. */
  const change = (changes: ThreadSettings) => {
    onChange(withoutEmpty({ ...own, ...changes }));
  };
  const efforts = EFFORTS.filter(effort => model?.efforts?.includes(effort));
  const effort = own.effort ?? defaults.effort ?? model?.default_effort ?? null;
  const limit = own.max_output_tokens ?? defaults.max_output_tokens ?? null;
  const prompt = own.system_prompt ?? defaults.system_prompt ?? '';
  const takesTemperature =
    model?.temperature !== false && (efforts.length === 0 || effort === 'none');
  return (
    <>
      <ModelPicker
        models={[...(models?.models ?? []), ...(models?.unlisted ?? [])]}
        chosen={modelId}
        onChoose={id => {
          change({ model: id });
        }}
      />
      {problem !== null && <ProblemNote problem={problem} actions={actions} />}
      {efforts.length > 0 && (
        <Field label={trans.__('Thinking effort')}>
          {id => (
            <select
              id={id}
              value={effort ?? ''}
              onChange={event => {
                change({ effort: event.target.value as Effort });
              }}
            >
              {effort === null && <option value="">{trans.__('Default')}</option>}
              {efforts.map(value => (
                <option key={value} value={value}>
                  {value}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {takesTemperature && (
        <Temperature
          value={own.temperature ?? null}
          otherwise={defaults.temperature ?? null}
          onChange={temperature => {
            change({ temperature });
          }}
        />
      )}
      <LongestAnswer
        value={limit}
        most={model?.max_output_tokens ?? null}
        onChange={max_output_tokens => {
          change({ max_output_tokens });
        }}
      />
      <Field label={trans.__('System prompt')}>
        {id => (
          <textarea
            id={id}
            rows={3}
            dir="auto"
            maxLength={100_000}
            placeholder={hint}
            defaultValue={prompt}
            onBlur={event => {
              const wanted = event.target.value.trim();
              if (wanted !== prompt.trim()) {
                change({ system_prompt: wanted });
              }
            }}
          />
        )}
      </Field>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: (id: string) => React.ReactNode;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div className="jc-Field">
      <label htmlFor={id}>
        {label}
        {hint !== undefined && <small> {hint}</small>}
      </label>
      {children(id)}
    </div>
  );
}

interface LongestAnswerProps {
  readonly value: number | null;
  /** What the model can give, where that is known. */
  readonly most: number | null;
  readonly onChange: (value: number | null) => void;
}

/** What is out of range is refused here, where it can be mended: no question fails for it. */
function LongestAnswer({ value, most, onChange }: LongestAnswerProps) {
  const { trans } = useChat();
  const [refused, setRefused] = useState(false);
  const note = useId();
  const highest = most ?? MOST_TOKENS;
  return (
    <Field
      label={trans.__('Longest answer, in tokens')}
      hint={most !== null ? trans.__('up to %1', number(most)) : undefined}
    >
      {id => (
        <>
          <input
            id={id}
            type="number"
            min={1}
            max={highest}
            placeholder={trans.__('Model’s own')}
            aria-invalid={refused || undefined}
            aria-describedby={refused ? note : undefined}
            defaultValue={value ?? ''}
            onBlur={({ target: { value: typed, valueAsNumber, validity } }) => {
              const wanted = typed === '' ? null : valueAsNumber;
              const fits =
                wanted === null ||
                (Number.isInteger(wanted) && wanted >= 1 && wanted <= highest);
              setRefused(!fits || validity.badInput);
              if (fits && !validity.badInput && wanted !== value) {
                onChange(wanted);
              }
            }}
          />
          {refused && (
            <small id={note} role="alert" className="jc-Field-refusal">
              {trans.__(
                'Not taken over: a whole number from 1 to %1, or nothing for the model’s own limit.',
                number(highest)
              )}
            </small>
          )}
        </>
      )}
    </Field>
  );
}

interface TemperatureProps {
  readonly value: number | null;
  /** What applies without one; `null` leaves it to the model. */
  readonly otherwise: number | null;
  readonly onChange: (value: number | null) => void;
}

const MIDDLE = 1;

/** There is no slider before a value is wanted: where it stood would look like one. */
function Temperature({ value, otherwise, onChange }: TemperatureProps) {
  const { trans } = useChat();
  const id = useId();
  const [shown, setShown] = useState(value);
  const set = (wanted: number | null) => {
    setShown(wanted);
    onChange(wanted);
  };
  const end = () => {
    if (shown !== value) {
      onChange(shown);
    }
  };
  return (
    <div className="jc-Field" role="group" aria-labelledby={id}>
      <span className="jc-Field-name" id={id}>
        {trans.__('Temperature')}
        {shown !== null && <small> {number(shown)}</small>}
      </span>
      <div className="jc-Slider">
        <label className="jc-Check">
          <input
            type="checkbox"
            checked={shown === null}
            onChange={event => {
              set(event.target.checked ? null : (otherwise ?? MIDDLE));
            }}
          />
          {otherwise === null
            ? trans.__('Model’s own')
            : trans.__('My default: %1', number(otherwise))}
        </label>
        {shown !== null && (
          <input
            type="range"
            aria-labelledby={id}
            min={0}
            max={2}
            step={0.1}
            value={shown}
            onChange={event => {
              setShown(event.target.valueAsNumber);
            }}
            onPointerUp={end}
            onBlur={end}
          />
        )}
      </div>
    </div>
  );
}

function withoutEmpty(settings: ThreadSettings): ThreadSettings {
  const entries = Object.entries(settings).filter(
    ([, value]) => value != null && value !== ''
  );
  return Object.fromEntries(entries);
}
