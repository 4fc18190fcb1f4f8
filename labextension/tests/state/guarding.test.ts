import { expect, it, vi } from 'vitest';
import type { CountQuery, Counted } from '../../src/chat/protocol';
import { Attaching } from '../../src/chat/state/attaching';
import { Guarding } from '../../src/chat/state/guarding';
import { Screening } from '../../src/chat/state/screening';
import type { Attachment } from '../../src/chat/state/parts';
import { initialState } from '../../src/chat/state/state';
import { Store } from '../../src/chat/state/store';

const WARNING = 'This looks like an OpenAI key (line 1).';
const SECRET = aFile('.env', 'sk-secret');
const PLAIN = aFile('a.txt', 'words');

function aFile(name: string, text: string): Attachment {
  return { type: 'attachment', kind: 'file', name, text };
}

/** What guards a question, before a server that knows a secret by its beginning. */
function guarded(...attached: Attachment[]) {
  const store = new Store(initialState({ threadId: 'one', isNew: true, problem: null }));
  const count = vi.fn(({ parts }: CountQuery): Promise<Counted> => {
    const isSecret = (part: CountQuery['parts'][number]) =>
      part.type !== 'image' && part.text.includes('sk-');
    return Promise.resolve({
      tokens: parts.map(() => 1),
      warnings: parts.map(part => (isSecret(part) ? [WARNING] : []))
    });
  });
  const attaching = new Attaching(store);
  attaching.add(...attached);
  const uploads = { isBusy: false, settled: vi.fn(() => Promise.resolve(true)) };
  const screening = new Screening({ count });
  const guarding = new Guarding(store, attaching, screening, uploads);
  return { store, count, attaching, uploads, screening, guarding, go: vi.fn() };
}

it('lets a question go that has no secret', async () => {
  const { guarding, go } = guarded(PLAIN);
  await guarding.guard('Why?', go);
  expect(go).toHaveBeenCalledOnce();
  expect(guarding.held.state).toBeNull();
});

it('asks nobody about a text that cannot be a secret: it goes at once', () => {
  const { guarding, go, count } = guarded();
  void guarding.guard(
    'Why is the sky blue? 東京の空はなぜ青いのでしょうか、教えてください',
    go
  );
  expect(go).toHaveBeenCalledOnce();
  expect(count).not.toHaveBeenCalled();
});

it('keeps a question back whose attachment looks like a secret, until it is allowed', async () => {
  const { guarding, go } = guarded(PLAIN, SECRET);
  await guarding.guard('Why?', go);
  expect(go).not.toHaveBeenCalled();
  const held = guarding.held.state;
  expect(held?.alarms).toEqual([{ attachment: SECRET, warnings: [WARNING] }]);
  if (held !== null) {
    guarding.allow(held);
  }
  expect(go).toHaveBeenCalledOnce();
  for (const text of ['And now?', 'And "0123456789abcdef"?']) {
    await guarding.guard(text, go);
  }
  expect(go).toHaveBeenCalledTimes(3); // it is asked once
});

it('takes away what looks like a secret, and leaves the rest', async () => {
  const { guarding, go, store } = guarded(PLAIN, SECRET);
  await guarding.guard('Why?', go);
  const held = guarding.held.state;
  if (held !== null) {
    guarding.remove(held);
  }
  expect(store.state.attached).toEqual([PLAIN]);
  expect(go).not.toHaveBeenCalled();
  expect(guarding.held.state).toBeNull();
});

it('looks for secrets in the text itself', async () => {
  const { guarding, go } = guarded();
  await guarding.guard('my key is sk-0123456789abcdef', go);
  expect(go).not.toHaveBeenCalled();
  expect(guarding.held.state?.alarms).toEqual([
    { attachment: null, warnings: [WARNING] }
  ]);
});

it('says what nobody has looked through, where the server cannot be reached', async () => {
  const { guarding, go, count } = guarded(PLAIN);
  count.mockRejectedValue(new Error('away'));
  await guarding.guard('Why?', go);
  expect(go).not.toHaveBeenCalled();
  expect(guarding.held.state?.unseen).toEqual([PLAIN]);
});

it('sends no text that was only in doubt, where the server cannot be reached, late', async () => {
  const { guarding, go, count } = guarded();
  count.mockRejectedValue(new Error('away'));
  await guarding.guard('https://example.org/a/long/address', go);
  expect(go).toHaveBeenCalledOnce();
});

it('looks at what is attached meanwhile as well', async () => {
  const { guarding, go, attaching, count } = guarded(PLAIN);
  count.mockImplementationOnce(() => {
    attaching.add(SECRET);
    return Promise.resolve({ tokens: [1], warnings: [[]] });
  });
  await guarding.guard('Why?', go);
  expect(go).not.toHaveBeenCalled();
  expect(guarding.held.state?.alarms).toEqual([
    { attachment: SECRET, warnings: [WARNING] }
  ]);
});

it('asks about each attachment once, whoever wants to know', async () => {
  const { count, screening } = guarded(PLAIN);
  await Promise.all([screening.screen([PLAIN]), screening.screen([PLAIN])]);
  expect(count).toHaveBeenCalledOnce();
});

it('waits for files that are being read', async () => {
  const { guarding, go, uploads, attaching } = guarded();
  let settle: (isFine: boolean) => void = () => undefined;
  uploads.isBusy = true;
  uploads.settled.mockReturnValue(
    new Promise(resolve => {
      settle = resolve;
    })
  );
  const guard = guarding.guard('Why?', go);
  await Promise.resolve();
  expect(go).not.toHaveBeenCalled();
  attaching.add(SECRET);
  settle(true);
  await guard;
  expect(guarding.held.state?.alarms).toHaveLength(1);
});

it('does not send without a file that could not be read', async () => {
  const { guarding, go, uploads } = guarded();
  uploads.isBusy = true;
  uploads.settled.mockResolvedValue(false);
  await guarding.guard('Why?', go);
  expect(go).not.toHaveBeenCalled();
});

it('does not send into another conversation, nor twice', async () => {
  const { guarding, go, store } = guarded(PLAIN);
  const both = [guarding.guard('Why?', go), guarding.guard('Why?', go)];
  await Promise.all(both);
  expect(go).toHaveBeenCalledOnce();
  const third = guarding.guard('Why "0123456789abcdef"?', go);
  store.update(state => ({ ...state, open: { ...state.open, threadId: 'two' } }));
  await third;
  expect(go).toHaveBeenCalledOnce();
});
