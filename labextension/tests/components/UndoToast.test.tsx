import { act, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { aQuestion, aThread, anAnswer } from '../server';
import { openThread, showChat } from './chat';

const LONG = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

it('stays while it is pointed at, and the next one leaves by itself', async () => {
  const { services } = await showChat();
  vi.useFakeTimers();
  const offer = (text: string) => {
    act(() => {
      const undo = { text, run: () => undefined };
      services.store.update(state => ({ ...state, undo }));
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
    services.organising.forget(); // it is removed under the pointer
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
  const { services } = await showChat();
  vi.useFakeTimers();
  const thread = aThread();
  const answer = anAnswer(aQuestion(thread, 'Why?'), 'So.');
  const toast = () => document.querySelector('.jc-Toast');
  const wait = (milliseconds: number) => {
    act(() => {
      vi.advanceTimersByTime(milliseconds);
    });
  };
  const deletions: (() => Promise<void>)[] = [
    () => services.branches.remove(answer, 'Answer deleted'),
    () => services.organising.change([thread], { action: 'delete' }, 'Deleted')
  ];
  for (const deletion of deletions) {
    act(() => {
      void deletion();
    });
    wait(19_000);
    expect(toast()).toHaveTextContent(/deleted/i);
    wait(1001);
    expect(toast()).toBeNull();
  }
  act(() => {
    void services.organising.change([thread], { action: 'archive' }, 'Archived');
  });
  wait(8001);
  expect(toast()).toBeNull();
});
