import { expect, it, vi } from 'vitest';
import { MemoryShelf } from '../../src/chat/client/shelf';
import { attachedIn } from '../../src/chat/state/attaching';
import { AttachedKeeping, type KeptAttached } from '../../src/chat/state/keptAttached';
import type { Attachment } from '../../src/chat/state/parts';
import { uploadsOf } from '../../src/chat/state/uploads';
import { Server } from '../server';

function aPart(name: string, text = 'words'): Attachment {
  return { type: 'attachment', kind: 'file', name, text };
}

/** A page that was just loaded. */
async function loaded(shelf: MemoryShelf<KeptAttached>, user?: { id: string }) {
  const person = user && { name: 'Bo', initials: 'B', ...user };
  const services = await new Server().chat(undefined, person);
  new AttachedKeeping(services, shelf);
  await new Promise(resolve => setTimeout(resolve));
  return { services, attached: () => attachedIn(services.store.state) };
}

it('keeps what is attached over a reload, with its notes, until it is sent', async () => {
  const shelf = new MemoryShelf<KeptAttached>();
  const first = await loaded(shelf);
  const part = aPart('a.txt');
  uploadsOf(first.services).putNotes(part, ['Cut.']);
  first.services.attaching.add(part);
  const second = await loaded(shelf);
  expect(second.attached()).toEqual([part]);
  expect(uploadsOf(second.services).notesOn(second.attached()[0])).toEqual(['Cut.']);
  second.services.attaching.remove(...second.attached());
  expect((await loaded(shelf)).attached()).toEqual([]);
});

it('shows nobody what somebody else has attached', async () => {
  const shelf = new MemoryShelf<KeptAttached>();
  (await loaded(shelf)).services.attaching.add(aPart('a.txt'));
  expect((await loaded(shelf, { id: 'bo' })).attached()).toEqual([]);
  expect((await loaded(shelf)).attached()).toHaveLength(1);
});

it('says what was too large to be kept', async () => {
  const shelf = new MemoryShelf<KeptAttached>();
  const first = await loaded(shelf);
  first.services.attaching.add(aPart('large', 'x'.repeat(9e6)), aPart('small'));
  await vi.waitFor(async () => {
    const { services, attached } = await loaded(shelf);
    expect(attached()).toEqual([aPart('small')]);
    expect(uploadsOf(services).store.state.troubles[0].problem.message).toContain(
      '1 of the attachments'
    );
  });
});
