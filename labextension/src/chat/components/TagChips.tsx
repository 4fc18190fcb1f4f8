import { useChat } from './context';

interface Props {
  readonly tags: readonly string[];
  /** How many there is room for. */
  readonly most: number;
}

/** Tags, as far as there is room for them, and how many more there are. */
export function TagChips({ tags, most }: Props) {
  const { trans } = useChat();
  const more = tags.slice(most);
  return (
    <span className="jc-Tags" role="group" aria-label={trans.__('Tags')}>
      {tags.slice(0, most).map(tag => (
        <span key={tag} className="jc-Tag">
          {tag}
        </span>
      ))}
      {more.length > 0 && (
        <span className="jc-Tags-more" title={more.join(', ')}>
          {trans.__('+%1', more.length)}
        </span>
      )}
    </span>
  );
}
