import { useEffect, useLayoutEffect, useRef } from 'react';
import type { Target } from '../state/state';
import type { Row } from './MessageList';

/**
 * Another branch is shown: what of it stands where what was there before.  A version that
 * was chosen, here or elsewhere, stands where another one did, as does the version that is
 * left of two; where all that followed a message was deleted, that stays where it was.
 */
interface Turn {
  readonly from: Row;
  readonly to: Row;
  readonly index: number;
  /** What follows on it has still to be fetched. */
  readonly waits?: boolean;
}

interface List {
  /** What is drawn of a row. */
  readonly drawn: (row: Row) => Element | undefined;
  /** Draw a row that is far away. */
  readonly goTo: (index: number) => void;
  readonly scrollBy: (pixels: number) => void;
  /** The position is about to be somewhere else than at the end. */
  readonly moved: () => void;
}

/** Rows get their heights when they are drawn, and others by that their places. */
const FRAMES = 10;
/** Where what follows is fetched first, there is no room yet to keep the place. */
const WAITING_FRAMES = 90;

/**
 * Whether the rows are now those of another branch.
 *
 * @param isFar - the end of the rows is not the newest
 */
export function useTurn(
  rows: readonly Row[],
  chosen: Target | undefined,
  isFar: boolean
): Turn | undefined {
  const shown = useRef(rows);
  const turned = useRef(chosen);
  const index =
    chosen === undefined || chosen === turned.current
      ? -1
      : rows.findIndex(({ messageId }) => messageId === chosen.messageId);
  useLayoutEffect(() => {
    shown.current = rows;
    if (index >= 0) {
      turned.current = chosen;
    }
  });
  if (index < 0) {
    return shown.current === rows
      ? undefined
      : (endOf(shown.current, rows, isFar) ?? forkOf(shown.current, rows));
  }
  const to = rows[index];
  const from = shown.current.find(({ parentId }) => parentId === to.parentId);
  return from && { from, to, index };
}

/** What the rows end with now, where that was followed by other messages before. */
function endOf(
  before: readonly Row[],
  rows: readonly Row[],
  isFar: boolean
): Turn | undefined {
  const to = rows.at(-1);
  if (to === undefined || to.key === before.at(-1)?.key) {
    return undefined;
  }
  const from = before.find(({ key }) => key === to.key);
  const isCut = before.at(-1)?.messageId !== undefined;
  return from && isCut ? { from, to, index: rows.length - 1, waits: isFar } : undefined;
}

/** The first message that stands in the place of another one, unless an answer comes. */
function forkOf(before: readonly Row[], rows: readonly Row[]): Turn | undefined {
  if (rows.at(-1)?.comes === true) {
    return undefined; // that is followed
  }
  const without = (all: readonly Row[], others: readonly Row[]) => {
    const keys = new Set(others.map(({ key }) => key));
    return all.filter(({ key, messageId }) => messageId !== undefined && !keys.has(key));
  };
  const gone = new Map(without(before, rows).map(row => [row.parentId, row]));
  const to = without(rows, before).find(({ parentId }) => gone.has(parentId));
  const from = to && gone.get(to.parentId);
  return from && { from, to, index: rows.indexOf(to) };
}

/**
 * Keeps the switch between versions where it is on the screen, and the focus on it: one can
 * go back and forth.
 */
export function useKeptSwitch(turn: Turn | undefined, list: List): void {
  // Now the other version is still there, when this has been drawn it is not.
  const from = turn && list.drawn(turn.from);
  const pressed = from ? buttonsOf(from).findIndex(isFocused) : -1;
  const switchTop = from && topOf(switchIn(from));
  const top = topOf(from);

  const latest = useRef(list);
  latest.current = list;
  const stop = useRef<() => void>();
  useLayoutEffect(() => {
    if (turn === undefined || top === undefined) {
      return;
    }
    stop.current?.();
    latest.current.moved();
    const frames = turn.waits === true ? WAITING_FRAMES : FRAMES;
    stop.current = inNextFrames(frames, () => {
      const to = latest.current.drawn(turn.to);
      if (to === undefined) {
        latest.current.goTo(turn.index);
        return;
      }
      // An answer that is being made has no switch yet.
      const off = (topOf(switchIn(to)) ?? NaN) - (switchTop ?? NaN);
      const moved = isNaN(off) ? to.getBoundingClientRect().top - top : off;
      if (Math.abs(moved) >= 1) {
        latest.current.scrollBy(moved);
      }
      if (pressed >= 0 && document.activeElement === document.body) {
        focusIn(to, pressed);
      }
    });
  });
  useEffect(
    () => () => {
      stop.current?.();
    },
    []
  );
}

function switchIn(element: Element): Element | undefined {
  return element.querySelector('.jc-Versions') ?? undefined;
}

function topOf(element: Element | undefined): number | undefined {
  return element?.getBoundingClientRect().top;
}

function buttonsOf(element: Element): HTMLButtonElement[] {
  return [...element.querySelectorAll<HTMLButtonElement>('.jc-Versions button')];
}

function isFocused(element: Element): boolean {
  return element === document.activeElement;
}

/** Focus this button, another one where it can be pressed no more, or else the message. */
function focusIn(element: Element, index: number): void {
  const buttons = buttonsOf(element);
  const free = [buttons.at(index), ...buttons].find(button => button?.disabled === false);
  const message = element.querySelector('article');
  if (free === undefined && message !== null) {
    message.tabIndex = -1;
  }
  (free ?? message)?.focus({ preventScroll: true });
}

/** Do it now and in so many frames, unless the reader goes elsewhere; returns how to stop. */
function inNextFrames(count: number, action: () => void): () => void {
  let frames = count;
  let next = 0;
  const stop = () => {
    cancelAnimationFrame(next);
    for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown']) {
      window.removeEventListener(type, stop, true);
    }
  };
  const go = () => {
    action();
    frames -= 1;
    if (frames === 0) {
      stop();
    } else {
      next = requestAnimationFrame(go);
    }
  };
  for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown']) {
    window.addEventListener(type, stop, true);
  }
  go();
  return stop;
}
