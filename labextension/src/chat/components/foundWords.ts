import { type RefObject, useEffect } from 'react';

/** The name under which the style sheet finds what is marked. */
const NAME = 'jc-found';
/** How long a row may take to come to rest (milliseconds). */
const SETTLES_WITHIN = 1000;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/**
 * The places of words in what an element shows; whole words, in whatever case.
 *
 * Scripts that put no spaces between words have them anywhere.
 */
export function placesOf(element: Element, words: readonly string[]): Range[] {
  const pattern = patternOf(words);
  const places: Range[] = [];
  if (pattern === undefined) {
    return places;
  }
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    for (const { index, 0: word } of (node.nodeValue ?? '').matchAll(pattern)) {
      const place = document.createRange();
      place.setStart(node, index);
      place.setEnd(node, index + word.length);
      places.push(place);
    }
  }
  return places;
}

/**
 * Marks the words in an element, also when it is drawn anew, and brings the first of them
 * into view.  The page's elements stay as they are: not every browser shows the marks.
 */
export function useFoundWords(
  element: RefObject<HTMLElement>,
  words: readonly string[] | undefined,
  scroller: HTMLElement
): void {
  useEffect(() => {
    const body = element.current?.querySelector('.jc-Message-body');
    if (body == null || words === undefined || words.length === 0) {
      return undefined;
    }
    let places: Range[] = [];
    const unmark = () => {
      for (const place of places) {
        marks()?.delete(place);
      }
    };
    const mark = () => {
      unmark();
      places = placesOf(body, words);
      for (const place of places) {
        marks()?.add(place);
      }
    };
    mark();
    const redrawn = new MutationObserver(mark);
    redrawn.observe(body, { childList: true, characterData: true, subtree: true });
    const callOff = whenStill(body, () => {
      const first = places.at(0);
      if (first !== undefined) {
        bring(first, scroller);
      }
    });
    return () => {
      callOff();
      redrawn.disconnect();
      unmark();
    };
  }, [element, words, scroller]);
}

/** All that is marked on this page, in whichever chat. */
function marks(): Highlight | undefined {
  if (typeof Highlight === 'undefined') {
    return undefined;
  }
  const known = CSS.highlights.get(NAME);
  if (known !== undefined) {
    return known;
  }
  const made = new Highlight();
  CSS.highlights.set(NAME, made);
  return made;
}

function patternOf(words: readonly string[]): RegExp | undefined {
  const wanted = words.filter(word => word !== '').map(whole);
  return wanted.length === 0 ? undefined : new RegExp(wanted.join('|'), 'giu');
}

function whole(word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const begins = UNSPACED.test(word.charAt(0)) ? '' : '(?<![\\p{L}\\p{N}])';
  const ends = UNSPACED.test(word.charAt(word.length - 1)) ? '' : '(?![\\p{L}\\p{N}])';
  return `${begins}${escaped}${ends}`;
}

/** Scrolls to a place that is not in view; it is read with what stands before it. */
function bring(place: Range, scroller: HTMLElement): void {
  const { top, bottom } = place.getBoundingClientRect();
  const view = scroller.getBoundingClientRect();
  if (top < view.top || bottom > view.bottom) {
    scroller.scrollTop += top - view.top - view.height / 3;
  }
}

/** Does something once an element has not moved from one frame to the next. */
function whenStill(element: Element, act: () => void): () => void {
  const until = performance.now() + SETTLES_WITHIN;
  let last = Number.NaN;
  let frame = requestAnimationFrame(function look(now) {
    const { top } = element.getBoundingClientRect();
    if (top === last || now > until) {
      act();
    } else {
      last = top;
      frame = requestAnimationFrame(look);
    }
  });
  return () => {
    cancelAnimationFrame(frame);
  };
}
