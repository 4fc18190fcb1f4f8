import { expect, it, vi } from 'vitest';
import type { CountQuery, Counted } from '../../src/chat/protocol';
import { Guarding, suspects } from '../../src/chat/state/guarding';
import { Screening } from '../../src/chat/state/screening';
import type { Attachment } from '../../src/chat/state/parts';
import type { Reading } from '../../src/chat/state/uploads';

const WARNING = 'This looks like an OpenAI key (line 1).';
const SECRET = aFile('.env', 'sk-secret');
const PLAIN = aFile('a.txt', 'words');

function aFile(name: string, text: string): Attachment {
  return { type: 'attachment', kind: 'file', name, text };
}

/** What guards a question, before a server that knows a secret by its beginning. */
function guarded(...attached: Attachment[]) {
  const count = vi.fn(({ parts }: CountQuery): Promise<Counted> => {
    const isSecret = (part: CountQuery['parts'][number]) =>
      part.type !== 'image' && part.text.includes('sk-');
    return Promise.resolve({
      tokens: parts.map(() => 1),
      warnings: parts.map(part => (isSecret(part) ? [WARNING] : []))
    });
  });
  const readings: Pick<Reading, 'done'>[] = [];
  const uploads = { readingFor: () => readings as Reading[] };
  const screening = new Screening({ count });
  const guarding = new Guarding(screening, uploads);
  const go = vi.fn();
  const stay = vi.fn();
  const ask = (text: string, place = 'new'): Promise<void> =>
    guarding.guard({
      ...{ place, text, attached, go, stay },
      again: () => void ask(text, place)
    });
  const held = (place = 'new') => {
    const kept = guarding.kept.state[place];
    return kept?.type === 'held' ? kept : null;
  };
  return { count, readings, screening, guarding, go, stay, ask, held };
}

it('lets a question go that has no secret', async () => {
  const { ask, held, go } = guarded(PLAIN);
  await ask('Why?');
  expect(go).toHaveBeenCalledOnce();
  expect(held()).toBeNull();
});

it('asks nobody about a text that cannot be a secret: it goes at once', () => {
  const { ask, go, count } = guarded();
  void ask('Why is the sky blue? 東京の空はなぜ青いのでしょうか、教えてください');
  expect(go).toHaveBeenCalledOnce();
  expect(count).not.toHaveBeenCalled();
});

it('keeps a question back whose attachment looks like a secret, until it is allowed', async () => {
  const { ask, held, go, guarding } = guarded(PLAIN, SECRET);
  await ask('Why?');
  expect(go).not.toHaveBeenCalled();
  const kept = held();
  expect(kept?.alarms).toEqual([{ attachment: SECRET, warnings: [WARNING] }]);
  if (kept !== null) {
    guarding.allow(kept);
  }
  expect(go).toHaveBeenCalledOnce();
  for (const text of ['And now?', 'And "0123456789abcdef"?']) {
    await ask(text);
  }
  expect(go).toHaveBeenCalledTimes(3); // it is asked once
});

it('says what is to be taken away for the question to go', async () => {
  const { ask, held, go, stay } = guarded(PLAIN, SECRET);
  await ask('Why?');
  const kept = held();
  expect(kept && suspects(kept)).toEqual([SECRET]);
  expect(go).not.toHaveBeenCalled();
  expect(stay).toHaveBeenCalledOnce();
});

it('looks for secrets in the text itself', async () => {
  const { ask, held, go } = guarded();
  await ask('my key is sk-0123456789abcdef');
  expect(go).not.toHaveBeenCalled();
  expect(held()?.alarms).toEqual([{ attachment: null, warnings: [WARNING] }]);
});

it('says what nobody has looked through, where the server cannot be reached', async () => {
  const { ask, held, go, count } = guarded(PLAIN);
  count.mockRejectedValue(new Error('away'));
  await ask('Why?');
  expect(go).not.toHaveBeenCalled();
  expect(held()?.unseen).toEqual([PLAIN]);
});

it('sends no text that was only in doubt, where the server cannot be reached, late', async () => {
  const { ask, go, count } = guarded();
  count.mockRejectedValue(new Error('away'));
  await ask('https://example.org/a/long/address');
  expect(go).toHaveBeenCalledOnce();
});

it('asks about each attachment once, whoever wants to know', async () => {
  const { count, screening } = guarded(PLAIN);
  await Promise.all([screening.screen([PLAIN]), screening.screen([PLAIN])]);
  expect(count).toHaveBeenCalledOnce();
});

it('waits for files that are being read, and sends them as well', async () => {
  const { ask, held, go, readings } = guarded();
  let settle: (read: Attachment[]) => void = () => undefined;
  readings.push({
    done: new Promise(resolve => {
      settle = resolve;
    })
  });
  const asked = ask('Why?');
  await Promise.resolve();
  expect(go).not.toHaveBeenCalled();
  settle([PLAIN]);
  await asked;
  expect(go).toHaveBeenCalledExactlyOnceWith([PLAIN]);
  expect(held()).toBeNull();
});

it('looks through what was still being read', async () => {
  const { ask, held, go, readings } = guarded();
  readings.push({ done: Promise.resolve([SECRET]) });
  await ask('Why?');
  expect(go).not.toHaveBeenCalled();
  expect(held()?.alarms).toEqual([{ attachment: SECRET, warnings: [WARNING] }]);
});

it('does not send without a file that could not be read', async () => {
  const { ask, go, stay, readings } = guarded();
  readings.push({ done: Promise.resolve(null) });
  await ask('Why?');
  expect(go).not.toHaveBeenCalled();
  expect(stay).toHaveBeenCalledOnce();
});

it('sends nothing twice, and lets a question that waits be taken back', async () => {
  const { ask, go, stay, guarding } = guarded(PLAIN);
  await Promise.all([ask('Why?'), ask('Why?')]);
  expect(go).toHaveBeenCalledOnce();
  expect(stay).toHaveBeenCalledOnce();
  const asked = ask('Why "0123456789abcdef"?', 'one');
  const kept = guarding.kept.state.one;
  expect(kept?.type).toBe('waiting');
  if (kept?.type === 'waiting') {
    kept.cancel();
  }
  await asked;
  expect(go).toHaveBeenCalledOnce();
  expect(stay).toHaveBeenCalledTimes(2);
});

it('keeps the questions of conversations apart', async () => {
  const { ask, held, go } = guarded(SECRET);
  await Promise.all([ask('Why?', 'one'), ask('Why?', 'two')]);
  expect(held('one')).not.toBeNull();
  expect(held('two')).not.toBeNull();
  expect(go).not.toHaveBeenCalled();
});
