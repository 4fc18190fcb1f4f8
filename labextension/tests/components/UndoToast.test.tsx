import { act, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import type { Command } from '../../src/chat/protocol';
import { aQuestion, aThread, anAnswer } from '../server';
import { openThread, showChat } from './chat';

const LONG = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

it('stays while it is pointed at, and the next one leaves by itself', async () => {
  const { services } = await showChat();
  vi.useFakeTimers();
  let withdraw: () => void = () => undefined;
  const offer = (text: string) => {
    act(() => {
      withdraw = services.organising.offer(text, () => undefined);
    });
  };
  const wait = () => {
    act(() => {
      vi.advanceTimersByTime(LONG);
    });
  };
  const toast = () => document.querySelector('.jc-Toast');
  offer('Deleted “Trees”.');
  fireEvent.pointerEnter(
    screen.getByRole('button', { name: 'Undo' }).parentElement as Element
  );
  wait();
  expect(toast()).toHaveTextContent('Trees');
  act(() => {
    withdraw(); // it is removed under the pointer
  });
  offer('Deleted “Birds”.');
  expect(toast()).toHaveTextContent('Birds');
  wait();
  expect(toast()).toBeNull();
});

it('goes when one goes back to the temporary conversation, and only then', async () => {
  const chat = await showChat();
  const temporary = aThread({ temporary: true });
  const kept = aThread({ title: 'Birds' });
  const toast = () => document.querySelector('.jc-Toast');
  await openThread(chat, temporary, []);
  act(() => {
    chat.services.following.openNew();
  });
  expect(toast()).toHaveTextContent('Left the temporary conversation.');
  await openThread(chat, kept, []);
  expect(toast()).not.toBeNull();
  act(() => {
    chat.services.following.open(temporary.id);
  });
  expect(toast()).toBeNull();

  act(() => {
    chat.services.following.openNew();
  });
  expect(toast()).toHaveTextContent('Left the temporary conversation.');
  act(() => {
    chat.services.organising.offer('Deleted “Birds”.', () => undefined);
    chat.services.following.open(temporary.id);
  });
  expect(toast()).toHaveTextContent('Birds');
});

it('is offered for longer where something was deleted', async () => {
  const { server, services } = await showChat();
  server.answers.set('POST threads/bulk', { outcomes: [] });
  vi.useFakeTimers();
  const thread = aThread();
  const answer = anAnswer(aQuestion(thread, 'Why?'), 'So.');
  const toast = () => document.querySelector('.jc-Toast');
  const wait = (milliseconds: number) => {
    act(() => {
      vi.advanceTimersByTime(milliseconds);
    });
  };
  const deletions: (() => Promise<unknown>)[] = [
    () => {
      const removing = services.branches.remove(answer, 'Answer deleted');
      server.acknowledge(server.commands.at(-1) as Command);
      return removing;
    },
    () => services.organising.change([thread], { action: 'delete' }, () => 'Deleted')
  ];
  for (const deletion of deletions) {
    await act(async () => {
      await deletion();
    });
    wait(19_000);
    expect(toast()).toHaveTextContent(/deleted/i);
    wait(1001);
    expect(toast()).toBeNull();
  }
  await act(async () => {
    await services.organising.change([thread], { action: 'archive' }, () => 'Archived');
  });
  expect(toast()).toHaveTextContent('Archived');
  wait(8001);
  expect(toast()).toBeNull();
});

it('offers what was done before again, while its time lasts', async () => {
  const { services } = await showChat();
  vi.useFakeTimers();
  const run = vi.fn();
  const offer = (text: string, deletion: boolean) => {
    act(() => {
      services.organising.offer(text, run, [], deletion);
    });
  };
  const wait = (milliseconds: number) => {
    act(() => {
      vi.advanceTimersByTime(milliseconds);
    });
  };
  const toast = () => document.querySelector('.jc-Toast');
  offer('Question deleted', true);
  wait(5000);
  offer('Archived “Trees”.', false);
  expect(toast()).toHaveTextContent('Archived');
  wait(8001); // after 13 seconds
  expect(toast()).toHaveTextContent('Question deleted');
  wait(7001);
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
  expect(run).toHaveBeenCalledTimes(1);
  expect(toast()).toBeNull();

  offer('Question deleted', true);
  wait(15_000);
  offer('Answer deleted', true);
  wait(6000); // the first one has had its time
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
  expect(toast()).toBeNull();
});

it('says what was done once', async () => {
  const { services } = await showChat();
  const said = () => document.querySelector('.jc-Chat [aria-live=polite]')?.textContent;
  const offer = (text: string) => {
    act(() => {
      services.organising.offer(text, () => undefined, [], true);
    });
  };
  offer('Question deleted');
  offer('Answer deleted');
  await vi.waitUntil(() => said() === 'Answer deleted');
  fireEvent.click(screen.getByRole('button', { name: 'Undo' }));
  expect(document.querySelector('.jc-Toast')).toHaveTextContent('Question deleted');
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(said()).toBe('Answer deleted');
});
