import type { Filter } from '../client/rest';
import type { Count } from '../protocol';
import { EVERYTHING } from '../state/threads';
import { useChat, useChatState } from './context';
import { number } from './format';

const NOTHING: readonly Count[] = [];

/** Which conversations the list shows: all, a folder, a tag, the archive, the trash. */
export function ThreadFilter() {
  const { services, trans } = useChat();
  const filter = useChatState(state => state.threads.filter);
  const folders = useChatState(state => state.folders);
  const option = (kind: 'folder' | 'tag', { name, threads }: Count) => (
    <option key={name} value={valueOf({ ...EVERYTHING, [kind]: name })}>
      {trans.__('%1 (%2)', name, number(threads))}
    </option>
  );
  return (
    <select
      className="jc-ThreadFilter"
      data-narrowed={filter !== EVERYTHING || undefined}
      aria-label={trans.__('Which conversations')}
      value={valueOf(filter)}
      onChange={event => {
        void services.listing.show(filterOf(event.target.value));
      }}
    >
      <option value={valueOf(EVERYTHING)}>{trans.__('All conversations')}</option>
      {group(trans.__('Folders'), 'folder', withChosen(folders?.folders, filter.folder))}
      {group(trans.__('Tags'), 'tag', withChosen(folders?.tags, filter.tag))}
      <option value={valueOf({ ...EVERYTHING, view: 'archived' })}>
        {trans.__('Archive')}
      </option>
      <option value={valueOf({ ...EVERYTHING, view: 'trash' })}>
        {trans.__('Trash')}
      </option>
    </select>
  );

  function group(label: string, kind: 'folder' | 'tag', counts: readonly Count[]) {
    return (
      counts.length > 0 && (
        <optgroup label={label}>{counts.map(count => option(kind, count))}</optgroup>
      )
    );
  }
}

/** The one that is shown stays, though nothing may be left in it. */
function withChosen(
  counts: readonly Count[] = NOTHING,
  chosen: string | null
): readonly Count[] {
  return chosen === null || counts.some(({ name }) => name === chosen)
    ? counts
    : [...counts, { name: chosen, threads: 0 }];
}

function valueOf({ view, folder, tag }: Filter): string {
  return JSON.stringify([view, folder, tag]);
}

function filterOf(value: string): Filter {
  const [view, folder, tag] = JSON.parse(value) as [
    Filter['view'],
    string | null,
    string | null
  ];
  return view === 'active' && folder === null && tag === null
    ? EVERYTHING
    : { view, folder, tag };
}
