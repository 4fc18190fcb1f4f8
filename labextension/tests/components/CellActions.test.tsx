import { act, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { Chat } from '../../src/chat/Chat';
import {
  type Cells,
  CellsProvider,
  type NewCode,
  type Place,
  type Replaceable
} from '../../src/chat/cells';
import { CellActions } from '../../src/chat/components/CellActions';
import { CodeActionsProvider } from '../../src/chat/markdown/codeActions';
import { allPanes } from '../../src/chat/panes';
import { Server, aQuestion, aThread, anAnswer } from '../server';
import { openThread } from './chat';

const OPEN: Place = {
  reason: null,
  id: 'plots',
  notebook: 'plots.ipynb',
  language: 'python'
};
const CLOSED: Place = {
  reason: 'Open a notebook first.',
  id: '',
  notebook: '',
  language: ''
};
const CODE = 'x = 2\nprint(x)';

/** A notebook of one cell. */
class FakeCells implements Cells {
  place = OPEN;
  cell: Replaceable = {
    id: 'a',
    name: 'Cell 1',
    source: 'x = 1\nprint(x)',
    locked: false,
    isText: false
  };
  readonly done: string[] = [];
  failure: Error | null = null;
  /** What taking back answers. */
  refusal: string | null = null;
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  move(place: Place) {
    this.place = place;
    this.#listeners.forEach(listener => {
      listener();
    });
  }

  insert({ code }: NewCode, where: 'above' | 'below') {
    this.done.push(`${where}: ${code}`);
    return this.#takeBack;
  }

  current() {
    return this.place.reason === null ? this.cell : null;
  }

  replace(cell: Replaceable, code: string) {
    if (cell.source !== this.cell.source) {
      return null;
    }
    this.cell = { ...cell, source: code };
    this.done.push('replaced');
    return this.#takeBack;
  }

  run(code: string) {
    return this.#carryOut(`run: ${code}`);
  }

  newNotebook({ code }: NewCode) {
    return this.#carryOut(`new: ${code}`);
  }

  openConversation(threadId: string) {
    return this.#carryOut(`opened ${threadId}`);
  }

  readonly #takeBack = () => {
    this.done.push('taken back');
    return this.refusal;
  };

  #carryOut(what: string) {
    this.done.push(what);
    return this.failure === null ? Promise.resolve() : Promise.reject(this.failure);
  }
}

/** A chat with an answer that ends with a code block. */
async function showCode(
  fence = '```python',
  code = CODE,
  status: 'complete' | 'streaming' = 'complete'
) {
  const cells = new FakeCells();
  const server = new Server();
  const services = await server.chat();
  render(
    <CellsProvider value={cells}>
      <CodeActionsProvider value={CellActions}>
        <Chat services={services} layout="sidebar" panes={allPanes} />
      </CodeActionsProvider>
    </CellsProvider>
  );
  const user = userEvent.setup();
  const thread = aThread();
  const question = aQuestion(thread, 'How?');
  const end = status === 'complete' ? '\n```' : '';
  const answer = anAnswer(question, `${fence}\n${code}${end}`, { status });
  const chat = { server, services, user, composer: () => null as never };
  await openThread(chat, thread, [question, answer]);
  await vi.waitUntil(() => document.querySelector('.jc-Code') !== null);
  const block = document.querySelector<HTMLElement>('.jc-Code');
  if (block === null) {
    throw new Error('no code');
  }
  const choose = async (item: string) => {
    await user.click(within(block).getByRole('button', { name: 'More for this code' }));
    await user.click(screen.getByRole('menuitem', { name: item }));
  };
  const press = (name: string | RegExp) =>
    user.click(within(block).getByRole('button', { name }));
  return { cells, services, user, block, choose, press, thread };
}

const toast = () => document.querySelector('.jc-Toast');

describe('the code of an answer', () => {
  it('is inserted below the active cell, which can be taken back', async () => {
    const { cells, user, press } = await showCode();
    await press('Insert below in plots.ipynb');
    expect(cells.done).toEqual([`below: ${CODE}`]);
    expect(toast()).toHaveTextContent('Inserted below in plots.ipynb.');
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(cells.done.at(-1)).toBe('taken back');
  });

  it('says why it cannot be taken back any more', async () => {
    const { cells, user, press, block } = await showCode();
    cells.refusal = 'The notebook has changed.';
    await press(/^Insert below/);
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(block).toHaveTextContent('The notebook has changed.');
  });

  it('is inserted without the empty lines at its end', async () => {
    const { cells, press } = await showCode('```python', `${CODE}\n\n`);
    await press(/^Insert below/);
    expect(cells.done).toEqual([`below: ${CODE}`]);
  });

  it('is inserted above', async () => {
    const { cells, choose } = await showCode();
    await choose('Insert above');
    expect(cells.done).toEqual([`above: ${CODE}`]);
  });

  it('makes a new notebook', async () => {
    const { cells, choose } = await showCode();
    await choose('New notebook');
    expect(cells.done).toEqual([`new: ${CODE}`]);
  });

  it('says what went wrong', async () => {
    const { cells, choose, block } = await showCode();
    cells.failure = new Error('403');
    await choose('New notebook');
    await waitFor(() => {
      expect(block).toHaveTextContent('Something went wrong in this page.');
    });
  });

  it('has no actions while the model is writing it', async () => {
    const { block } = await showCode('```python', CODE, 'streaming');
    expect(within(block).queryByRole('button', { name: /^Insert/ })).toBeNull();
    expect(within(block).queryByRole('button', { name: /^More/ })).toBeNull();
  });
});

describe('replacing a cell', () => {
  it('shows what would change, and then does it', async () => {
    const { cells, choose, press, block } = await showCode();
    await choose('Replace cell…');
    const group = within(block).getByRole('group', {
      name: 'Replace Cell 1 of plots.ipynb?'
    });
    await waitFor(() => {
      expect(group.querySelector('[data-change=removed]')).toHaveTextContent('x = 1');
    });
    expect(group.querySelector('[data-change=added]')).toHaveTextContent('x = 2');
    expect(group.querySelector('[data-change=same]')).toHaveTextContent('print(x)');
    expect(cells.done).toEqual([]);
    expect(within(group).getByRole('button', { name: 'Replace' })).toHaveFocus();
    await press('Replace');
    expect(cells.done).toEqual(['replaced']);
    expect(toast()).toHaveTextContent('Cell 1 of plots.ipynb replaced.');
    expect(within(block).queryByRole('group')).toBeNull();
    expect(within(block).getByRole('button', { name: /^More/ })).toHaveFocus();
  });

  it('can be left with Escape, which gives the focus back', async () => {
    const { cells, choose, user, block } = await showCode();
    await choose('Replace cell…');
    await user.keyboard('{Escape}');
    expect(within(block).queryByRole('group')).toBeNull();
    expect(within(block).getByRole('button', { name: /^More/ })).toHaveFocus();
    expect(cells.done).toEqual([]);
  });

  it('does not overwrite what was typed into the cell meanwhile', async () => {
    const { cells, choose, press, block } = await showCode();
    await choose('Replace cell…');
    cells.cell = { ...cells.cell, source: 'x = 3' };
    await press('Replace');
    expect(cells.done).toEqual([]);
    expect(block).toHaveTextContent('It has changed meanwhile');
    await waitFor(() => {
      expect(block.querySelector('[data-change=removed]')).toHaveTextContent('x = 3');
    });
    await press('Replace');
    expect(cells.done).toEqual(['replaced']);
  });

  it('is not offered for a cell that is closed to changes', async () => {
    const { cells, choose, block } = await showCode();
    cells.cell = { ...cells.cell, locked: true };
    await choose('Replace cell…');
    expect(block).toHaveTextContent('Cell 1 is closed to changes.');
    expect(within(block).queryByRole('button', { name: 'Replace' })).toBeNull();
  });

  it('is not offered for a cell of text, which would stay one', async () => {
    const { cells, choose, block } = await showCode();
    cells.cell = { ...cells.cell, isText: true };
    await choose('Replace cell…');
    expect(block).toHaveTextContent('Cell 1 holds text: insert the code beside it.');
  });

  it('says so where the cell holds it already', async () => {
    const { cells, choose, block } = await showCode();
    cells.cell = { ...cells.cell, source: CODE };
    await choose('Replace cell…');
    expect(block).toHaveTextContent('Cell 1 holds this already.');
  });
});

describe('running code', () => {
  it('asks first, with the focus on not doing it', async () => {
    const { cells, choose, press, block } = await showCode();
    await choose('Run…');
    expect(cells.done).toEqual([]);
    expect(block).toHaveTextContent('Run this in plots.ipynb?');
    expect(within(block).getByRole('button', { name: 'Cancel' })).toHaveFocus();
    await press('Cancel');
    expect(cells.done).toEqual([]);
    await choose('Run…');
    await press('Run');
    expect(cells.done).toEqual([`run: ${CODE}`]);
  });

  it('asks anew where another notebook has become the active one', async () => {
    const { cells, choose, press, block } = await showCode();
    await choose('Run…');
    act(() => {
      cells.move({ ...OPEN, id: 'other' });
    });
    expect(block).not.toHaveTextContent('Run this in');
    act(() => {
      cells.move({ ...OPEN, language: '' }); // its kernel is not known yet
    });
    await choose('Run…');
    act(() => {
      cells.move(OPEN);
    });
    expect(block).toHaveTextContent('Run this in');
    await press('Cancel');
    expect(cells.done).toEqual([]);
    await choose('Run…');
    await press('Run');
    expect(cells.done).toHaveLength(1);
  });

  it('is not offered for another language than the kernel’s', async () => {
    const { cells, choose, block } = await showCode('```bash', 'ls');
    await choose('Run…');
    expect(block).toHaveTextContent('This is bash, and plots.ipynb runs python.');
    expect(cells.done).toEqual([]);
  });
});

describe('with no notebook', () => {
  it('the actions are off, and say why', async () => {
    const { cells, press, choose, block } = await showCode();
    act(() => {
      cells.move(CLOSED);
    });
    const insert = within(block).getByRole('button', {
      name: 'Insert below: Open a notebook first.'
    });
    expect(insert).toHaveAttribute('aria-disabled', 'true');
    await press(/^Insert below/);
    expect(block).toHaveTextContent('Open a notebook first.');
    await press('Close');
    expect(block).not.toHaveTextContent('Open a notebook first.');
    await choose('Run…');
    expect(block).toHaveTextContent('Open a notebook first.');
    expect(cells.done).toEqual([]);
  });

  it('a new one can be made', async () => {
    const { cells, choose } = await showCode();
    act(() => {
      cells.move(CLOSED);
    });
    await choose('New notebook');
    expect(cells.done).toEqual([`new: ${CODE}`]);
  });
});

it('opens the conversation as a notebook', async () => {
  const { cells, user, thread } = await showCode();
  await user.click(screen.getByRole('button', { name: 'Export the conversation' }));
  await user.click(screen.getByRole('menuitem', { name: 'Open as a notebook' }));
  expect(cells.done).toEqual([`opened ${thread.id}`]);
});
