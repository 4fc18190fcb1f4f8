// Items that begin with "[ ]" or "[x]", as a rule for markdown-it.

import type { MarkdownIt, StateCore } from 'markdown-it';

/** What the token of such an item says. */
export interface TaskMeta extends Record<string, unknown> {
  readonly done: boolean;
}

const BOX = /^\[([ xX])\]\s/;

export function tasks(markdown: MarkdownIt): void {
  markdown.core.ruler.push('tasks', ({ tokens }: StateCore) => {
    for (let index = 2; index < tokens.length; index++) {
      const [item, paragraph, inline] = tokens.slice(index - 2, index + 1);
      const text = inline.type === 'inline' ? inline.children?.[0] : undefined;
      if (
        item.type === 'list_item_open' &&
        paragraph.type === 'paragraph_open' &&
        text?.type === 'text'
      ) {
        const mark = BOX.exec(text.content)?.[1];
        if (mark !== undefined) {
          item.meta = { done: mark !== ' ' } satisfies TaskMeta;
          text.content = text.content.slice(4);
        }
      }
    }
  });
}
