import { useCallback, useEffect, useState } from 'react';
import { problemOf } from '../client/problem';
import type { Problem } from '../protocol';
import { useChat } from './context';

/** Something about the two ends of the messages at hand. */
export interface Edges<T = boolean> {
  readonly before: T;
  readonly after: T;
}

interface Paging {
  /** Why a page could not be had; it is not fetched again until the reader says so. */
  readonly failed: Edges<Problem | null>;
  readonly retry: () => void;
  /** Fetch a page where the reader comes near to an end. */
  readonly fetchNear: () => void;
}

/** The next page is fetched when fewer screens than this are left, */
const SCREENS = 3;
/** or fewer pixels. */
const PIXELS = 2400;

const NOTHING: Edges<Problem | null> = { before: null, after: null };

/** Fetches what is before and after the messages at hand, as the reader comes near. */
export function usePaging(
  scroller: HTMLElement,
  more: Edges,
  rows: readonly unknown[]
): Paging {
  const { browsing } = useChat().services;
  const [failed, setFailed] = useState(NOTHING);

  const fetchNear = useCallback(() => {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    const near = Math.max(PIXELS, SCREENS * clientHeight);
    const fail = (where: keyof Edges) => (error: unknown) => {
      setFailed(before => ({ ...before, [where]: problemOf(error) }));
    };
    if (more.before && failed.before === null && scrollTop < near) {
      browsing.loadOlder().catch(fail('before'));
    }
    if (
      more.after &&
      failed.after === null &&
      scrollHeight - scrollTop - clientHeight < near
    ) {
      browsing.loadNewer().catch(fail('after'));
    }
  }, [scroller, browsing, more.before, more.after, failed]);

  // What has come may not have been enough.
  useEffect(fetchNear, [fetchNear, rows]);

  const retry = useCallback(() => {
    setFailed(NOTHING);
  }, []);
  return { failed, retry, fetchNear };
}
