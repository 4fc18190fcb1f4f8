import { act, fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { showChat } from './chat';

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
