// Renders Markdown as the chat does, within what the chat gives its components.

import { render } from '@testing-library/react';
import { Fragment, type ComponentType, type PropsWithChildren } from 'react';
import { type ChatContext, ChatProvider } from '../../src/chat/components/context';
import { Markdown } from '../../src/chat/components/Markdown';
import { english } from '../../src/chat/i18n';

const CHAT = { trans: english, announce: () => undefined } as Partial<ChatContext>;

type Wrapper = ComponentType<PropsWithChildren> | typeof Fragment;

export interface Shown {
  readonly box: HTMLElement;
  /** The first element that the selector finds. */
  find(selector: string): HTMLElement;
  html(): string;
  update(text: string, streaming: boolean): void;
  remove(): void;
}

export function show(text: string, streaming = false, Wrap: Wrapper = Fragment): Shown {
  const page = (text: string, streaming: boolean) => (
    <ChatProvider value={CHAT as ChatContext}>
      <Wrap>
        <Markdown text={text} streaming={streaming} />
      </Wrap>
    </ChatProvider>
  );
  const { container, rerender, unmount } = render(page(text, streaming));
  return {
    box: container,
    find: selector => {
      const found = container.querySelector<HTMLElement>(selector);
      if (found === null) {
        throw new Error(`No ${selector} in ${container.innerHTML}`);
      }
      return found;
    },
    html: () => sorted(container).innerHTML,
    update: (text, streaming) => {
      rerender(page(text, streaming));
    },
    remove: unmount
  };
}

export function htmlOf(text: string, streaming = false): string {
  const shown = show(text, streaming);
  const html = shown.html();
  shown.remove();
  return html;
}

/** A copy with the attributes in the order of their names. */
function sorted(box: HTMLElement): HTMLElement {
  const copy = box.cloneNode(true) as HTMLElement;
  for (const element of copy.querySelectorAll('*')) {
    if (element.attributes.length < 2) {
      continue; // most of them, and jsdom takes its time
    }
    const attributes = [...element.attributes].sort((a, b) =>
      a.name.localeCompare(b.name)
    );
    for (const { name, value } of attributes) {
      element.removeAttribute(name);
      element.setAttribute(name, value);
    }
  }
  return copy;
}
