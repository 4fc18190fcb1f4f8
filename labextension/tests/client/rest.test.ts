import { afterEach, expect, it, vi } from 'vitest';
import { ProblemError } from '../../src/chat/client/problem';
import { Rest } from '../../src/chat/client/rest';
import { EVERYTHING } from '../../src/chat/state/threads';

const rest = new Rest({ baseUrl: 'http://localhost/user/ada/', token: 'secret' });

afterEach(() => {
  document.cookie = '_xsrf=; max-age=0';
});

function answer(body: string, status = 200) {
  const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(new Response(body, { status }))
  );
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

async function problem(call: Promise<unknown>) {
  const error: unknown = await call.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ProblemError);
  return (error as ProblemError).problem;
}

it('asks below the base address, with token and XSRF cookie', async () => {
  document.cookie = '_xsrf=2|abc';
  const fetched = answer('{"id": "t"}');
  await rest.changeThread('t', { title: 'New' });
  const [url, init] = fetched.mock.calls[0];
  expect(url).toBe('http://localhost/user/ada/jupyter-chat/api/threads/t');
  expect(init).toMatchObject({
    method: 'PATCH',
    body: '{"title":"New"}',
    headers: { 'X-XSRFToken': '2|abc', Authorization: 'token secret' }
  });
});

it('puts cursors into the address as they are', async () => {
  const fetched = answer('{"threads": [], "next": null}');
  await rest.threads('a+b/=&c', EVERYTHING);
  await rest.threads(null, { view: 'archived', folder: 'R & D', tag: null });
  expect(fetched.mock.calls.map(([url]) => url.split('api/')[1])).toEqual([
    'threads?cursor=a%2Bb%2F%3D%26c',
    'threads?view=archived&folder=R+%26+D'
  ]);
});

it('rejects with the problem that the server names', async () => {
  answer('{"problem": {"code": "conflict", "message": "Changed elsewhere."}}', 409);
  expect(await problem(rest.account())).toEqual({
    code: 'conflict',
    message: 'Changed elsewhere.'
  });
});

it.each([
  ['a page of a proxy', '<html>', 502, /was not understood/],
  ['a page in place of an answer', '<html>', 200, /was not understood/],
  ['a sign-in page', '<html>', 403, /signed out/],
  ['a problem without words', '{"problem": {"code": 1}}', 500, /was not understood/]
])('explains %s', async (_what, body, status, message) => {
  answer(body, status);
  expect((await problem(rest.models())).message).toMatch(message);
});

it('explains a server that is not there', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  const reading = await problem(rest.account());
  expect(reading.message).toMatch(/could not be reached\. Check/);
  const changing = await problem(rest.changeAccount({}));
  expect(changing.message).toMatch(/could not be reached, so nothing was changed/);
});
