// Tokens as elements.  What is not named here cannot appear, whatever the model writes.

import { type ReactNode, createElement } from 'react';
import { Formula } from './Formula';
import { Link } from './Link';
import { RemoteImage } from './RemoteImage';
import type { FormulaMeta } from './math';
import type { Token } from './parser';

/** Deeper elements are left out, their content stays: browsers overflow their stack. */
const DEEPEST = 40;

/** An element whose end has not been reached. */
interface Frame {
  readonly open: Token;
  readonly children: ReactNode[];
}

/** A block that holds no others, the head or a row of a table, or the text in them. */
export function render(tokens: readonly Token[]): ReactNode[] {
  const root: ReactNode[] = [];
  const stack: Frame[] = [];
  let ignored = 0;
  for (const token of tokens) {
    const children = stack.at(-1)?.children ?? root;
    if (token.nesting === 1) {
      if (stack.length < DEEPEST) {
        stack.push({ open: token, children: [] });
      } else {
        ignored++;
      }
    } else if (token.type === 'inline') {
      children.push(...render(token.children ?? []));
    } else if (token.nesting === 0) {
      add(children, leaf(token, stack, children.length));
    } else if (ignored > 0) {
      ignored--;
    } else {
      const ended = stack.pop();
      const outer = stack.at(-1)?.children ?? root;
      if (ended !== undefined) {
        outer.push(element(ended, outer.length));
      }
    }
  }
  return root;
}

/** Add a child; neighbouring texts become one. */
function add(children: ReactNode[], child: ReactNode): void {
  const last = children.at(-1);
  if (typeof child === 'string' && typeof last === 'string') {
    children[children.length - 1] = last + child;
  } else {
    children.push(child);
  }
}

/** What needs nothing but its content. */
const TAGS: Readonly<Record<string, string | undefined>> = {
  em_open: 'em',
  math_text_open: 'div',
  s_open: 's',
  strong_open: 'strong',
  thead_open: 'thead',
  tr_open: 'tr'
};

/** What holds a text of its own, the direction of which is found out. */
const TEXT_TAGS: Readonly<Record<string, string | undefined>> = {
  paragraph_open: 'p',
  td_open: 'td',
  th_open: 'th'
};

function element({ open, children }: Frame, key: number): ReactNode {
  if (open.type === 'link_open') {
    return (
      <Link key={key} address={attribute(open, 'href')}>
        {children}
      </Link>
    );
  }
  if (open.type === 'heading_open') {
    // The titles of the chat and of the message stand above.
    const level = Math.min(Number(open.tag[1]) + 2, 6);
    return createElement(`h${level}`, { key, dir: 'auto' }, children);
  }
  const tag = TEXT_TAGS[open.type];
  return tag === undefined
    ? createElement(TAGS[open.type] ?? 'span', { key }, children)
    : createElement(tag, { key, className: alignment(open), dir: 'auto' }, children);
}

function leaf(token: Token, stack: readonly Frame[], key: number): ReactNode {
  switch (token.type) {
    case 'softbreak':
      return '\n';
    case 'hardbreak':
      return <br key={key} />;
    case 'hr':
      return <hr key={key} />;
    case 'code_inline':
      return (
        <code key={key} dir="ltr">
          {token.content}
        </code>
      );
    case 'math_inline':
    case 'math_block': {
      const { display, open } = token.meta as FormulaMeta;
      const source = open ? token.markup + token.content : token.content;
      return <Formula key={key} source={source} display={display} open={open} />;
    }
    case 'image': {
      const alt = (token.children ?? []).map(child => child.content).join('');
      const inLink = stack.some(({ open }) => open.type === 'link_open');
      const address = attribute(token, 'src');
      return <RemoteImage key={key} address={address} alt={alt} inLink={inLink} />;
    }
    default:
      return token.content;
  }
}

function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? '');
}

function alignment(cell: Token): string | undefined {
  const side = /^text-align:(left|center|right)$/.exec(attribute(cell, 'style'))?.[1];
  return side && `jc-mod-${side}`;
}
