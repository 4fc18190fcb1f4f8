import { useEffect, useRef } from 'react';
import { useRoom } from '../components/useRoom';
import type { Choice, Group } from './choices';

interface Props {
  readonly id: string;
  readonly label: string;
  readonly groups: readonly Group[];
  /** What Enter chooses. */
  readonly active: Choice | undefined;
  readonly onActive: (choice: Choice) => void;
  readonly onChoose: (choice: Choice) => void;
}

/** What can be chosen while the focus stays where one types. */
export function ChoiceList({ id, label, groups, active, onActive, onChoose }: Props) {
  const element = useRef<HTMLDivElement>(null);
  useRoom(element);
  useEffect(() => {
    const option = active && document.getElementById(optionId(id, active));
    option?.scrollIntoView({ block: 'nearest' });
  }, [id, active]);
  return (
    <div
      className="jc-Choices"
      ref={element}
      id={id}
      role="listbox"
      aria-label={label}
      tabIndex={0} // for whoever scrolls; Tab chooses, or closes it
      onMouseDown={event => {
        event.preventDefault(); // the focus stays
      }}
    >
      {groups.map((group, index) => (
        <div
          key={group.label}
          role="group"
          aria-labelledby={`${id}-group-${String(index)}`}
        >
          <div
            className="jc-Choices-heading"
            id={`${id}-group-${String(index)}`}
            role="presentation"
          >
            {group.label}
          </div>
          {group.choices.map(choice => (
            <div
              key={choice.id}
              className="jc-Choice"
              id={optionId(id, choice)}
              role="option"
              aria-selected={choice.id === active?.id}
              aria-disabled={choice.off !== undefined || undefined}
              title={choice.label}
              onPointerMove={() => {
                if (choice.id !== active?.id && choice.off === undefined) {
                  onActive(choice);
                }
              }}
              onClick={() => {
                onChoose(choice);
              }}
            >
              <span className="jc-Choice-label">{choice.label}</span>
              {(choice.off ?? choice.note) !== undefined && (
                <small>{choice.off ?? choice.note}</small>
              )}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

export function optionId(list: string, choice: Choice): string {
  return `${list}-${choice.id.replace(/\s/g, '_')}`;
}
