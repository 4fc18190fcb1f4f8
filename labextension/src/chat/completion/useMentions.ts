import { useEffect, useState } from 'react';
import { problemOf } from '../client/problem';
import { useChat } from '../components/context';
import { passed } from '../state/passed';
import { type Mention, type MentionSource, useMentionSources } from '../mentions';
import type { Group } from './choices';

/** So many of each kind are shown where there are several kinds, and of one alone. */
const MOST_OF_SEVERAL = 5;
const MOST_OF_ONE = 30;

interface Found {
  readonly query: string;
  readonly source: MentionSource;
  readonly mentions: readonly Mention[];
}

/** After so many milliseconds a source that could not be asked is asked again. */
const RETRY = 1000;

const NOTHING: readonly Found[] = [];

/** What can be attached that fits what is typed (`null`: nothing is), as it is found. */
export function useMentions(
  query: string | null,
  attach: (mention: Mention) => void
): readonly Group[] {
  const { trans } = useChat();
  const sources = useMentionSources();
  const [found, setFound] = useState(NOTHING);

  useEffect(() => {
    if (query === null) {
      setFound(NOTHING);
      return undefined;
    }
    const calling = new AbortController();
    const { signal } = calling;
    const take = (source: MentionSource, mentions: readonly Mention[]) => {
      if (!signal.aborted) {
        setFound(before => [
          ...before.filter(each => each.source !== source),
          { query, source, mentions }
        ]);
      }
    };
    const look = async ({ source, rest, isMeant }: Asked): Promise<void> => {
      try {
        take(source, await source.complete(rest, signal));
      } catch (error) {
        take(source, isMeant ? [reasonOf(source, error)] : []);
        if (isMeant) {
          await passed(RETRY, signal); // a kernel, say, may be free again then
          await (signal.aborted ? undefined : look({ source, rest, isMeant }));
        }
      }
    };
    for (const each of asked(sources, query)) {
      void look(each);
    }
    return () => {
      calling.abort();
    };
  }, [query, sources]);

  if (query === null) {
    return [];
  }
  const wanted = asked(sources, query);
  const most = wanted.length === 1 ? MOST_OF_ONE : MOST_OF_SEVERAL;
  const groups: Group[] = [];
  for (const { source, rest } of wanted) {
    const here = found.find(each => each.source === source);
    // Until its answer to this query has come, what is known of it and fits all the same.
    const mentions = (here?.mentions ?? []).filter(
      ({ label }) =>
        here?.query === query || label.toLowerCase().includes(rest.toLowerCase())
    );
    if (mentions.length > 0) {
      groups.push({
        label: trans.__('%1 — @%2', source.label, source.kind),
        choices: mentions.slice(0, most).map(mention => ({
          id: `${source.kind} ${mention.id}`,
          label: mention.label,
          note: mention.note,
          off: mention.off,
          run: () => {
            attach(mention);
          }
        }))
      });
    }
  }
  return groups;
}

interface Asked {
  readonly source: MentionSource;
  /** What it is asked for. */
  readonly rest: string;
  /** Whether it is asked for by its kind. */
  readonly isMeant: boolean;
}

/** Why a source has nothing to offer. */
function reasonOf({ kind, label }: MentionSource, error: unknown): Mention {
  const off = problemOf(error).message;
  return { id: kind, label, note: off, off, attach: () => Promise.resolve([]) };
}

/** Which sources a query is for: the one that it names, or all, first those whose kind it
 * begins. */
function asked(sources: readonly MentionSource[], query: string): readonly Asked[] {
  const [named, ...rest] = query.split(':');
  const kind = named.toLowerCase();
  if (rest.length > 0) {
    return sources
      .filter(source => source.kind === kind)
      .map(source => ({ source, rest: rest.join(':'), isMeant: true }));
  }
  const begins = (source: MentionSource) => source.kind.startsWith(kind);
  return [
    ...sources.filter(begins).map(source => ({ source, rest: '', isMeant: kind !== '' })),
    ...sources
      .filter(source => !begins(source))
      .map(source => ({ source, rest: query, isMeant: false }))
  ];
}
