import {
  type Range,
  defaultRangeExtractor,
  useVirtualizer
} from '@tanstack/react-virtual';
import {
  type ReactNode,
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import type { Target } from '../state/state';
import { PageNote } from './PageNote';
import { useFoundWords } from './foundWords';
import { type Edges, usePaging } from './usePaging';
import { useStay } from './useStay';
import { useKeptSwitch, useTurn } from './useTurn';

/** What stands in the list: a message, or a note at its end. */
export interface Row {
  readonly key: string;
  readonly messageId?: string;
  /** What the message follows: its versions follow the same. */
  readonly parentId?: string | null;
  /** How high it is at a guess (pixels), until it has been drawn. */
  readonly height: number;
  /** It is an answer that comes. */
  readonly comes?: boolean;
  readonly content: ReactNode;
}

interface Props {
  readonly rows: readonly Row[];
  readonly scroller: HTMLElement;
  /** In which directions there is more than the rows. */
  readonly more: Edges;
  /** The message to go to, once its row is there. */
  readonly target: Target | undefined;
  /** The version that was chosen last: it takes the place of another. */
  readonly chosen: Target | undefined;
  /** Changes with every wish to be at the newest. */
  readonly jump: number;
  /** Changes with every wish to be at the first message, once that is there. */
  readonly back: number;
  /** The reader has left the newest, or is back. */
  readonly onAway: (away: boolean) => void;
}

const GAP = 20;
const ABOVE = 16;
const BELOW = 24;
/** Room for what is said where older or newer messages are being fetched. */
const NOTE = 36;
const PROBLEM = 132;
/** This near to the end the list follows what grows there. */
const AT_THE_END = 8;
/** Rows drawn beyond those in view, so that neither wheel nor Tab comes to an empty one. */
const BEYOND = 6;
/** So few are all drawn: they can be searched, selected and printed as any page can. */
const FEW = 30;
/** How much is seen of what stands before a message that was opened. */
const CONTEXT = 48;
const OPENED_FOR = 3000;

/**
 * Draws the rows near to what is in view, and keeps still: what is read stays in its
 * place, whatever comes before or after it, unless the reader is at the end.
 */
export function MessageList(props: Props) {
  const { rows, scroller, more, target, chosen, jump, back, onAway } = props;
  const { failed, retry, fetchNear } = usePaging(scroller, more, rows);
  const indexes = useMemo(
    () => new Map(rows.map(({ key }, index) => [key, index])),
    [rows]
  );
  const turn = useTurn(rows, chosen, more.after);
  const wasFar = useRef(more.after);
  const before = more.before ? (failed.before === null ? NOTE : PROBLEM) : 0;
  const after = more.after ? (failed.after === null ? NOTE : PROBLEM) : 0;

  const inUse = useRef<() => number[]>(() => []);
  const changed = useRef<() => void>(() => undefined);
  const virtualizer = useVirtualizer<HTMLElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => scroller,
    getItemKey: useCallback((index: number) => rows[index].key, [rows]),
    estimateSize: index => rows[index].height,
    initialRect: { width: scroller.clientWidth, height: scroller.clientHeight },
    initialOffset: () => rows.reduce((sum, { height }) => sum + height + GAP, 0),
    gap: GAP,
    paddingStart: ABOVE + before,
    paddingEnd: BELOW + after,
    scrollPaddingStart: CONTEXT,
    overscan: BEYOND,
    rangeExtractor: range => extract(range, inUse.current()),
    anchorTo: 'end',
    // What closes a gap to the newest is no reason to go there, nor is another branch.
    followOnAppend: !more.after && !wasFar.current && turn === undefined,
    scrollEndThreshold: more.after ? -1 : AT_THE_END,
    onChange: () => {
      changed.current();
    },
    directDomUpdates: true,
    directDomUpdatesMode: 'position'
  });
  inUse.current = () =>
    [...virtualizer.elementsCache]
      .filter(([, element]) => isInUse(element))
      .map(([key]) => indexes.get(key as string) ?? -1)
      .filter(index => index >= 0);
  useLayoutEffect(() => {
    wasFar.current = more.after;
  }, [more.after, rows]);

  const { go, follow, moved, grown } = useStay(scroller, more.after, onAway, {
    toEnd: () => {
      virtualizer.scrollToEnd();
    },
    fetchNear
  });
  changed.current = grown;
  useKeptSwitch(turn, {
    drawn: ({ key }) => virtualizer.elementsCache.get(key),
    goTo: index => {
      virtualizer.scrollToIndex(index, { align: 'start' });
    },
    scrollBy: pixels => {
      virtualizer.scrollBy(pixels);
    },
    moved
  });

  // To the newest: at first, and whenever that is wished.
  const jumped = useRef<number | null>(null);
  const opened = useOpened(rows, target, index => {
    jumped.current = jump;
    moved();
    virtualizer.scrollToIndex(index, { align: 'start' });
  });
  useLayoutEffect(() => {
    if (jumped.current !== jump && !more.after) {
      jumped.current = jump;
      go();
    }
  }, [jump, more.after, rows, go]);

  const backed = useRef(back);
  useLayoutEffect(() => {
    if (backed.current !== back) {
      backed.current = back;
      moved();
      virtualizer.scrollToIndex(0, { align: 'start' });
    }
  }, [back, moved, virtualizer]);

  // What is added at the end the virtualizer follows, but an edited question whose turn
  // had not come, and its answer, take the place of others.
  const last = rows.at(-1);
  useLayoutEffect(() => {
    if (last?.comes === true) {
      follow();
    }
  }, [last?.key, last?.comes, follow]);

  return (
    <div className="jc-Conversation-rows" ref={virtualizer.containerRef}>
      {more.before && <PageNote where="before" problem={failed.before} onRetry={retry} />}
      {virtualizer.getVirtualItems().map(({ key, index }) => (
        <div
          key={key}
          ref={virtualizer.measureElement}
          data-index={index}
          className="jc-Row"
        >
          <RowContent
            row={rows[index]}
            opened={isOf(rows[index], opened)}
            words={isOf(rows[index], target) ? target?.words : undefined}
            scroller={scroller}
          />
        </div>
      ))}
      {more.after && <PageNote where="after" problem={failed.after} onRetry={retry} />}
    </div>
  );
}

interface RowProps {
  readonly row: Row;
  readonly opened: boolean;
  /** What is marked in it. */
  readonly words: readonly string[] | undefined;
  readonly scroller: HTMLElement;
}

/** A row; the one that was opened gets the focus, and shows for a moment which it is. */
const RowContent = memo(function RowContent(props: RowProps) {
  const { row, opened, words, scroller } = props;
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const article = opened ? place.current?.querySelector('article') : null;
    if (article != null) {
      article.tabIndex = -1;
      article.focus({ preventScroll: true });
    }
  }, [opened]);
  useFoundWords(place, words, scroller);
  return (
    <div ref={place} data-opened={opened || undefined}>
      {row.content}
    </div>
  );
});

function isOf(row: Row, target: Target | undefined): boolean {
  return target !== undefined && row.messageId === target.messageId;
}

/** Goes to a target as soon as its row is there; the target while it is pointed out. */
function useOpened(
  rows: readonly Row[],
  target: Target | undefined,
  go: (index: number) => void
): Target | undefined {
  const reached = useRef<Target>();
  const latest = useRef(go);
  latest.current = go;
  const [opened, setOpened] = useState<Target>();
  useLayoutEffect(() => {
    if (target === undefined || target === reached.current) {
      return;
    }
    const index = rows.findIndex(({ messageId }) => messageId === target.messageId);
    if (index >= 0) {
      reached.current = target;
      setOpened(target);
      latest.current(index);
    }
  }, [rows, target]);
  useEffect(() => {
    if (opened === undefined) {
      return undefined;
    }
    const timer = setTimeout(() => {
      setOpened(undefined);
    }, OPENED_FOR);
    return () => {
      clearTimeout(timer);
    };
  }, [opened]);
  return opened === target ? opened : undefined; // the reader may have left it since
}

/** The rows to draw: those in view, a few beyond, and those that are in use. */
function extract(range: Range, inUse: readonly number[]): number[] {
  const { count } = range;
  const near =
    count <= FEW
      ? Array.from({ length: count }, (_, index) => index)
      : defaultRangeExtractor(range);
  return [...new Set([...near, ...inUse.filter(index => index < count)])].sort(
    (one, other) => one - other
  );
}

/** Whether taking a row away would lose something: the focus, a selection, a draft. */
function isInUse(element: Element): boolean {
  const selection = document.getSelection();
  return (
    element.contains(document.activeElement) ||
    element.querySelector('textarea') !== null ||
    (selection !== null &&
      !selection.isCollapsed &&
      selection.containsNode(element, true))
  );
}
