import { expect, it, vi } from 'vitest';
import { ProblemError } from '../../src/chat/client/problem';
import type { Attached } from '../../src/chat/protocol';
import { Attaching, attachedIn } from '../../src/chat/state/attaching';
import { MOST_ATTACHED } from '../../src/chat/state/fitting';
import { fitted } from '../../src/chat/state/pictures';
import type { Attachment } from '../../src/chat/state/parts';
import { initialState } from '../../src/chat/state/state';
import { Store } from '../../src/chat/state/store';
import { Uploads } from '../../src/chat/state/uploads';

function aPart(name: string, text = 'words'): Attachment & { type: 'attachment' } {
  return { type: 'attachment', kind: 'file', name, text };
}

function uploading() {
  const chat = new Store(initialState({ threadId: 'one', isNew: true, problem: null }));
  const files = vi.fn((path: string, body?: object): Promise<Attached> => {
    const name =
      new URLSearchParams(path.split('?')[1]).get('name') ?? JSON.stringify(body);
    return Promise.resolve({ part: aPart(name), notes: [`${name} is cut.`] });
  });
  const attaching = new Attaching(chat);
  const uploads = new Uploads({ files: files as never }, attaching, chat);
  const names = () => attachedIn(chat.state).map(({ name }) => name);
  return { chat, files, uploads, names };
}

it('attaches files in the order in which they were chosen', async () => {
  const { uploads, names, files } = uploading();
  files.mockImplementationOnce(
    () =>
      new Promise(resolve => {
        setTimeout(() => {
          resolve({ part: aPart('slow.txt') });
        }, 20);
      })
  );
  const added = uploads.addFiles([new File(['x'], 'slow.txt'), new File(['y'], 'b.txt')]);
  expect(uploads.store.state.busy.map(({ name }) => name)).toEqual(['slow.txt', 'b.txt']);
  await added;
  expect(names()).toEqual(['slow.txt', 'b.txt']);
  expect(uploads.store.state.busy).toEqual([]);
});

it('remembers what of a file is missing', async () => {
  const { uploads, chat } = uploading();
  await uploads.addFiles([new File(['x'], 'a.txt')]);
  expect(uploads.notesOn(attachedIn(chat.state)[0])).toEqual(['a.txt is cut.']);
});

it('sends of a large text only its beginning, and how large it is', async () => {
  const { uploads, files } = uploading();
  await uploads.addFiles([new File(['x'.repeat(300_000)], 'big.csv')]);
  const [path, body] = files.mock.calls[0];
  expect(path).toBe('extract?name=big.csv&size=300000');
  expect((body as Blob).size).toBe(200_000);
});

it('sends what makes sense as a whole only, or says that it is too large', async () => {
  const { uploads, files } = uploading();
  await uploads.addFiles([new File(['x'.repeat(300_000)], 'a.ipynb')]);
  expect((files.mock.calls[0][1] as Blob).size).toBe(300_000);
  const huge = new File(['x'], 'a.pdf');
  Object.defineProperty(huge, 'size', { value: 17 * 1024 * 1024 });
  await uploads.addFiles([huge]);
  expect(files).toHaveBeenCalledOnce();
  expect(uploads.store.state.troubles[0].problem.message).toContain(
    '“a.pdf” has 17.8 MB'
  );
});

it('says what could not be attached, until that is closed', async () => {
  const { uploads, names, files } = uploading();
  files.mockRejectedValueOnce(
    new ProblemError({ code: 'invalid', message: '“a.bin” is no text.' })
  );
  await uploads.addFiles([new File(['x'], 'a.bin'), new File(['y'], 'b.txt')]);
  expect(names()).toEqual(['b.txt']);
  const [trouble] = uploads.store.state.troubles;
  expect(trouble.problem.message).toBe('“a.bin” is no text.');
  uploads.dismiss(trouble);
  expect(uploads.store.state.troubles).toEqual([]);
});

it('says of a folder that it is one', async () => {
  const { uploads } = uploading();
  const folder = new File([], 'folder');
  folder.slice = () => {
    const blob = new Blob();
    blob.arrayBuffer = () => Promise.reject(new Error('NotReadableError'));
    return blob;
  };
  await uploads.addFiles([folder]);
  expect(uploads.store.state.troubles[0].problem.message).toContain('it is a folder');
});

it('attaches no more than a question may have, and says so', () => {
  const { uploads, names } = uploading();
  uploads.add(
    Array.from({ length: MOST_ATTACHED + 1 }, (_, index) => aPart(String(index)))
  );
  expect(names()).toHaveLength(MOST_ATTACHED);
  expect(uploads.store.state.troubles[0].problem.message).toContain(
    '“63” was not attached'
  );
});

it('attaches no more bytes than a frame has', () => {
  const { uploads, names } = uploading();
  uploads.add([aPart('a', 'x'.repeat(2e6)), aPart('b', 'x'.repeat(2e6)), aPart('c')]);
  expect(names()).toEqual(['a', 'c']);
});

it('says of what is read for a question whether all of it could be attached', async () => {
  const { uploads, files } = uploading();
  const done = () => uploads.readingFor('new')[0].done;
  void uploads.addFiles([new File(['x'], 'a.txt')]);
  await expect(done()).resolves.toEqual([aPart('a.txt')]);
  files.mockRejectedValueOnce(new Error('x'));
  void uploads.addFiles([new File(['x'], 'a.txt')]);
  await expect(done()).resolves.toBeNull();
  await vi.waitUntil(() => uploads.readingFor('new').length === 0);
});

it('attaches a file where it was chosen, whatever is open when it is read', async () => {
  const { uploads, chat } = uploading();
  const [one, two] = ['one', 'two'].map(threadId => ({
    ...{ threadId, isNew: false, problem: null }
  }));
  const show = (open: typeof one) => {
    chat.update(state => ({ ...state, open }));
  };
  show(one);
  const added = uploads.addFiles([new File(['x'], 'a.txt')]);
  show(two);
  expect(uploads.readingFor('two')).toEqual([]);
  await added;
  expect(attachedIn(chat.state)).toEqual([]);
  expect(attachedIn(chat.state, one)).toEqual([aPart('a.txt')]);
});

it('makes pictures as small as models look at them, and none larger', () => {
  expect(fitted(4000, 3000)).toEqual({ width: 1024, height: 768 });
  expect(fitted(768, 1024)).toEqual({ width: 768, height: 1024 });
  expect(fitted(5000, 500)).toEqual({ width: 2048, height: 205 });
  expect(fitted(100, 50)).toEqual({ width: 100, height: 50 });
  expect(fitted(10_000, 1)).toEqual({ width: 2048, height: 1 });
});
