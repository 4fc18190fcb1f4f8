import {
  type KeyboardEvent,
  type SyntheticEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useState
} from 'react';
import { type FieldProps, PlainField, isNotHeld } from '../components/PlainField';
import { useChat } from '../components/context';
import { isComposing } from '../components/keys';
import { ChoiceList, optionId } from './ChoiceList';
import { UnfilledNote } from './UnfilledNote';
import type { Choice } from './choices';
import { endOf } from './trigger';
import { useBlanks } from './useBlanks';
import { useChoices } from './useChoices';

/**
 * Where questions are typed.  What is typed after `/` and `@` opens a list of what can be
 * chosen; the focus stays in the text, and arrows lead through the list.
 */
export function CompletingField({ area, attributes, held, onSend }: FieldProps) {
  const { trans, announce } = useChat();
  const text = attributes.value;
  const blanks = useBlanks(area, text);
  const { groups, trigger, isAttaching, type, leave } = useChoices(
    area,
    text,
    blanks.begin
  );
  const [moved, setMoved] = useState<string | null>(null);
  const [asks, setAsks] = useState(false);
  const list = useId();

  const choices = groups.flatMap(group => group.choices);
  const active =
    choices.find(({ id }) => id === moved) ??
    choices.find(({ off }) => off === undefined);
  const count = choices.length;
  const { unfilled, select } = blanks;

  useEffect(() => {
    setMoved(null);
  }, [trigger?.sign, trigger?.start, trigger?.query]);
  useEffect(() => {
    if (count > 0) {
      announce(trans._n('%1 suggestion', '%1 suggestions', count));
    }
  }, [announce, trans, count]);
  useEffect(() => {
    if (unfilled.length === 0) {
      setAsks(false);
    }
  }, [unfilled.length]);
  useLayoutEffect(() => {
    held.current = () => {
      if (unfilled.length > 0 && !isAttaching) {
        setAsks(true);
        select();
      }
      return isAttaching || unfilled.length > 0;
    };
    return () => {
      held.current = isNotHeld;
    };
  });

  const choose = (choice: Choice) => {
    if (choice.off === undefined) {
      choice.run();
    } else {
      announce(choice.off);
    }
  };
  const move = (step: number) => {
    const index = choices.findIndex(({ id }) => id === active?.id);
    const next = index < 0 && step < 0 ? count - 1 : (index + step + count) % count;
    setMoved(choices[next].id);
  };
  /** Whether the key was meant for the list. */
  const takes = (event: KeyboardEvent): boolean => {
    if (count === 0 || event.ctrlKey || event.metaKey || event.altKey) {
      return false;
    }
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        move(event.key === 'ArrowDown' ? 1 : -1);
        return true;
      case 'Enter':
      case 'Tab':
        if (active === undefined || event.shiftKey) {
          leave(); // nothing of it is chosen
          return false;
        }
        choose(active);
        return true;
      case 'Escape':
        leave();
        return true;
      default:
        return false;
    }
  };
  const key = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!isComposing(event)) {
      if (takes(event)) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      const isTab = event.key === 'Tab' && !event.ctrlKey && !event.altKey;
      if (isTab && unfilled.length > 0 && blanks.step(event.shiftKey)) {
        event.preventDefault();
        return;
      }
    }
    attributes.onKeyDown?.(event);
  };
  const typed = ({ currentTarget, nativeEvent }: SyntheticEvent<HTMLTextAreaElement>) => {
    const isUnfinished = (nativeEvent as InputEvent).isComposing;
    type(currentTarget.value, isUnfinished ? null : currentTarget.selectionStart);
  };
  const isOpen = count > 0;
  return (
    <>
      <PlainField
        area={area}
        held={held}
        onSend={onSend}
        attributes={{
          ...attributes,
          'aria-autocomplete': 'list',
          'aria-haspopup': 'listbox',
          'aria-controls': isOpen ? list : undefined,
          'aria-activedescendant': active && optionId(list, active),
          onChange: event => {
            attributes.onChange?.(event);
            typed(event);
          },
          onCompositionEnd: typed,
          onSelect: ({ currentTarget: { value, selectionStart, selectionEnd } }) => {
            const isThere =
              trigger === null ||
              (selectionStart === endOf(trigger) && selectionStart === selectionEnd);
            if (!isThere) {
              type(value, null); // the cursor has gone elsewhere
            }
          },
          onBlur: () => {
            type(text, null);
          },
          onKeyDown: key
        }}
      />
      {isOpen && (
        <ChoiceList
          id={list}
          label={
            trigger?.sign === '@'
              ? trans.__('What to attach')
              : trans.__('Commands, presets and prompts')
          }
          groups={groups}
          active={active}
          onActive={choice => {
            setMoved(choice.id);
          }}
          onChoose={choose}
        />
      )}
      {isAttaching && (
        <p className="jc-Attaching" role="status">
          {trans.__('Attaching…')}
        </p>
      )}
      {asks && unfilled.length > 0 && (
        <UnfilledNote
          blanks={unfilled}
          onFill={select}
          onSend={() => {
            onSend();
            area.current?.focus(); // the button goes
          }}
        />
      )}
    </>
  );
}
