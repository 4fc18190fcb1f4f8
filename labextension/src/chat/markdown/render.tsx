// Tokens as elements.  What is not named here cannot appear, whatever the model writes.

import { Fragment, type ReactNode, createElement } from 'react';
import { CodeBlock } from './CodeBlock';
import { Formula } from './Formula';
import { Link } from './Link';
import { ListFrame, ListItem } from './List';
import { RemoteImage } from './RemoteImage';
import { TableBox } from './TableBox';
import { withoutLastBreak } from './blocks';
import type { FormulaMeta } from './math';
import type { Token } from './parser';
import type { TaskMeta } from './tasks';

/** Deeper elements are left out, their content stays: browsers overflow their stack. */
const DEEPEST = 60;

/** An element whose end has not been reached. */
interface Frame {
  readonly open: Token;
  readonly children: ReactNode[];
  /** For lists: a blank line is somewhere in it. */
  loose: boolean;
}

export function render(tokens: readonly Token[]): ReactNode[] {
  const root: ReactNode[] = [];
  const stack: Frame[] = [];
  let ignored = 0;
  for (const token of tokens) {
    if (token.nesting === 1) {
      if (stack.length >= DEEPEST) {
        ignored++;
        continue;
      }
      const list = stack.at(-2);
      if (token.type === 'paragraph_open' && !token.hidden && list !== undefined) {
        list.loose = true;
      }
      stack.push({ open: token, children: [], loose: false });
    } else if (token.nesting === 0) {
      add(stack.at(-1)?.children ?? root, leaf(token, stack));
    } else if (ignored > 0) {
      ignored--;
    } else {
      const ended = stack.pop();
      add(stack.at(-1)?.children ?? root, ended && element(ended));
    }
  }
  return root;
}

/** Add a child; neighbouring texts become one. */
function add(children: ReactNode[], child: ReactNode): void {
  const last = children.at(-1);
  if (typeof child !== 'string') {
    children.push(<Fragment key={children.length}>{child}</Fragment>);
  } else if (typeof last === 'string') {
    children[children.length - 1] = last + child;
  } else {
    children.push(child);
  }
}

function element({ open, children, loose }: Frame): ReactNode {
  switch (open.type) {
    case 'paragraph_open':
      return <p dir="auto">{children}</p>;
    case 'heading_open':
      // The thread's title and the message stand above.
      return createElement(
        `h${Math.min(Number(open.tag[1]) + 2, 6)}`,
        { dir: 'auto' },
        children
      );
    case 'blockquote_open':
      return <blockquote dir="auto">{children}</blockquote>;
    case 'bullet_list_open':
    case 'ordered_list_open':
      return (
        <ListFrame open={open} tight={!loose}>
          {children}
        </ListFrame>
      );
    case 'list_item_open':
      return <ListItem done={(open.meta as TaskMeta | null)?.done}>{children}</ListItem>;
    case 'table_open':
      return <TableBox>{children}</TableBox>;
    case 'thead_open':
      return <thead>{children}</thead>;
    case 'tbody_open':
      return <tbody>{children}</tbody>;
    case 'tr_open':
      return <tr>{children}</tr>;
    case 'th_open':
      return (
        <th className={alignment(open)} dir="auto">
          {children}
        </th>
      );
    case 'td_open':
      return (
        <td className={alignment(open)} dir="auto">
          {children}
        </td>
      );
    case 'em_open':
      return <em>{children}</em>;
    case 'strong_open':
      return <strong>{children}</strong>;
    case 's_open':
      return <s>{children}</s>;
    case 'link_open':
      return <Link address={attribute(open, 'href')}>{children}</Link>;
    default:
      return children;
  }
}

function leaf(token: Token, stack: readonly Frame[]): ReactNode {
  switch (token.type) {
    case 'inline':
      return render(token.children ?? []);
    case 'softbreak':
      return '\n';
    case 'hardbreak':
      return <br />;
    case 'hr':
      return <hr />;
    case 'code_inline':
      return <code dir="ltr">{token.content}</code>;
    case 'fence':
    case 'code_block':
      return <CodeBlock info={token.info} code={withoutLastBreak(token.content)} />;
    case 'math_inline':
    case 'math_block': {
      const { display, open } = token.meta as FormulaMeta;
      return <Formula source={token.content} display={display} open={open} />;
    }
    case 'image': {
      const alt = (token.children ?? []).map(child => child.content).join('');
      const isInLink = stack.some(({ open }) => open.type === 'link_open');
      return (
        <RemoteImage address={attribute(token, 'src')} alt={alt} inLink={isInLink} />
      );
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
