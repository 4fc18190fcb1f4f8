import type { KeyboardEvent } from 'react';
import { IconButton } from './IconButton';
import { useChat, useChatState } from './context';
import { CloseIcon, SearchIcon } from './icons';

interface Props {
  /** The id of the list of what was found. */
  readonly list: string;
  /** The id of the result that Enter opens. */
  readonly active: string | undefined;
  /** Arrows go on by so many results. */
  readonly onMove: (steps: number) => void;
  readonly onChoose: () => void;
}

/** Looks for conversations and messages; arrows move among what is found, Enter opens. */
export function SearchField({ list, active, onMove, onChoose }: Props) {
  const { services, trans } = useChat();
  const text = useChatState(state => state.search.text);
  const isSearching = text.trim() !== '';

  const key = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || !isSearching) {
      return;
    }
    switch (event.key) {
      case 'ArrowDown':
        onMove(1);
        break;
      case 'ArrowUp':
        onMove(-1);
        break;
      case 'Enter':
        onChoose();
        break;
      case 'Escape':
        services.searching.clear();
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="jc-SearchField" role="search" aria-label={trans.__('Conversations')}>
      <SearchIcon />
      <input
        type="text"
        role="combobox"
        aria-label={trans.__('Search conversations')}
        aria-autocomplete="list"
        aria-expanded={isSearching}
        aria-controls={isSearching ? list : undefined}
        aria-activedescendant={active}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="search"
        maxLength={1000}
        placeholder={trans.__('Search')}
        value={text}
        onChange={event => {
          services.searching.type(event.target.value);
        }}
        onKeyDown={key}
      />
      {text !== '' && (
        <IconButton
          icon={CloseIcon}
          label={trans.__('Clear the search')}
          onClick={event => {
            services.searching.clear();
            event.currentTarget.parentElement?.querySelector('input')?.focus();
          }}
        />
      )}
    </div>
  );
}
