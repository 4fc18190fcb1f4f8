import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import type { Model } from '../protocol';
import { useChat, useChatState } from './context';
import { price } from './format';

interface Props {
  readonly models: readonly Model[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

interface Option {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly remark?: string;
}

/** All models, filtered by what is typed; a name that is not among them may be used too. */
export function ModelPicker({ models, chosen, onChoose }: Props) {
  const { trans, panes } = useChat();
  const isAzure = useChatState(({ account }) => account?.source === 'azure');
  const [filter, setFilter] = useState('');
  /** What arrows or a filter lead to; `null`: the model that is chosen. */
  const [moved, setMoved] = useState<number | null>(null);
  const list = useId();

  const wanted = filter.trim().toLowerCase();
  const options: Option[] = models
    .filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted))
    .sort((one, other) => exactness(other, wanted) - exactness(one, wanted))
    .map(model => ({
      id: model.id,
      name: model.name,
      note: priceOf(model),
      remark: panes?.remarkOn(model, trans)
    }));
  if (wanted !== '' && !options.some(({ id }) => id === filter.trim())) {
    options.push({
      id: filter.trim(),
      name: trans.__('Use “%1”', filter.trim()),
      note: ''
    });
  }
  const isChosen = ({ id }: Option) => id === chosen;
  const active = moved ?? Math.max(0, options.findIndex(isChosen));

  useEffect(() => {
    document.getElementById(`${list}-${String(active)}`)?.scrollIntoView({
      block: 'nearest'
    });
  }, [list, active]);

  const choose = (option: Option | undefined) => {
    if (option !== undefined) {
      onChoose(option.id);
      setFilter('');
      setMoved(null);
    }
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setMoved(Math.max(0, Math.min(options.length - 1, active + step)));
      event.preventDefault();
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      choose(options[active]);
      event.preventDefault();
    }
  };
  return (
    <div className="jc-ModelPicker">
      <input
        type="text"
        role="combobox"
        aria-label={trans.__('Model')}
        aria-expanded
        aria-controls={list}
        aria-activedescendant={
          options.length > 0 ? `${list}-${String(active)}` : undefined
        }
        autoComplete="off"
        spellCheck={false}
        placeholder={
          isAzure ? trans.__('Name of your deployment') : trans.__('Find or name a model')
        }
        value={filter}
        onChange={event => {
          setFilter(event.target.value);
          setMoved(event.target.value.trim() === '' ? null : 0);
        }}
        onKeyDown={key}
      />
      <ul id={list} role="listbox" aria-label={trans.__('Models')}>
        {options.map((option, index) => (
          <li
            key={option.id}
            id={`${list}-${String(index)}`}
            role="option"
            aria-selected={isChosen(option)}
            data-active={index === active || undefined}
            onClick={() => {
              choose(option);
            }}
          >
            <span>{option.name}</span>
            {option.remark && <small>{option.remark}</small>}
            <small>{option.note}</small>
          </li>
        ))}
      </ul>
      {options.some(({ note }) => note !== '') && (
        <p className="jc-ModelPicker-unit">
          {trans.__('Prices for a million tokens, in / out')}
        </p>
      )}
    </div>
  );
}

/** Who types all of an id or a name means that model, and no other that has it in it. */
function exactness({ id, name }: Model, typed: string): number {
  return [id, name].some(each => each.toLowerCase() === typed) ? 1 : 0;
}

/** Dollars per million tokens, in and out. */
function priceOf({ input_price, output_price }: Model): string {
  return input_price == null || output_price == null
    ? ''
    : `${price(input_price)} / ${price(output_price)}`;
}
