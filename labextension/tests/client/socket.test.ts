import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  type Connection,
  Socket,
  type WebSocketLike
} from '../../src/chat/client/socket';

class Wire implements WebSocketLike {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  sent: string[] = [];
  closed = false;

  send(frame: string): void {
    this.sent.push(frame);
  }

  close(): void {
    this.closed = true;
  }
}

let wires: Wire[];
let phases: Connection[];
let frames: string[];
let socket: Socket;

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  phases = [];
  frames = [];
  socket = new Socket({
    url: () => 'ws://localhost/',
    onConnection: connection => phases.push(connection),
    onFrame: frame => frames.push(frame),
    connect: () => {
      wires.push(new Wire());
      return wires[wires.length - 1];
    },
    random: () => 1
  });
  socket.start();
});

afterEach(() => {
  socket.close();
  vi.useRealTimers();
});

function last(): Wire {
  return wires[wires.length - 1];
}

function hear(frame = 'hello'): void {
  last().onmessage?.({ data: frame });
}

function hangUp(): void {
  last().onclose?.(undefined as never);
}

it('is open from the first frame on', () => {
  expect(socket.send('early')).toBe(false);
  hear();
  expect(phases).toEqual([{ phase: 'connecting' }, { phase: 'open' }]);
  expect(frames).toEqual(['hello']);
  expect(socket.send('now')).toBe(true);
  expect(last().sent).toEqual(['now']);
});

it('comes back after a break, later each time, and at once after a success', () => {
  const waits = () => {
    const connection = phases[phases.length - 1];
    return connection.phase === 'waiting' ? connection.retryAt - Date.now() : null;
  };
  for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    hangUp();
    expect(waits()).toBe(wait);
    vi.advanceTimersByTime(wait - 1);
    expect(phases[phases.length - 1].phase).toBe('waiting');
    vi.advanceTimersByTime(1);
    expect(phases[phases.length - 1].phase).toBe('connecting');
  }
  hear();
  hangUp();
  expect(waits()).toBe(500);
});

it('notices a connection that is dead without having been closed', () => {
  hear();
  vi.advanceTimersByTime(39_000);
  hear('heartbeat');
  vi.advanceTimersByTime(39_000);
  expect(wires).toHaveLength(1);
  vi.advanceTimersByTime(10_000);
  expect(wires[0].closed).toBe(true);
  expect(wires).toHaveLength(2);
});

it('tries again where a connection does not open for long', () => {
  vi.advanceTimersByTime(9_000);
  expect(wires).toHaveLength(1);
  vi.advanceTimersByTime(7_000); // it is looked at every five seconds
  expect(wires[0].closed).toBe(true);
  expect(wires).toHaveLength(2);
});

it('connects at once when the network is back or somebody asks for it', () => {
  for (const ask of [() => window.dispatchEvent(new Event('online')), socket.retryNow]) {
    hangUp();
    const before = wires.length;
    ask();
    expect(wires).toHaveLength(before + 1);
    ask(); // there is a connection under way
    expect(wires).toHaveLength(before + 1);
  }
});

it('stays closed once it has been closed', () => {
  hear();
  socket.close();
  expect(phases[phases.length - 1]).toEqual({ phase: 'closed' });
  vi.advanceTimersByTime(100_000);
  window.dispatchEvent(new Event('online'));
  expect(wires).toHaveLength(1);
});

it('hears nothing more of a connection it has given up', () => {
  hear();
  const old = last();
  vi.advanceTimersByTime(60_000);
  const heard = frames.length;
  old.onmessage?.({ data: 'late' });
  expect(frames).toHaveLength(heard);
});

it('drops the connection once the browser is offline, and says so at once', () => {
  hear();
  window.dispatchEvent(new Event('offline'));
  expect(wires[0].closed).toBe(true);
  expect(phases.at(-1)?.phase).toBe('waiting');
  expect(socket.send('lost')).toBe(false);
  window.dispatchEvent(new Event('offline')); // once is enough
  expect(phases.map(({ phase }) => phase)).toEqual(['connecting', 'open', 'waiting']);
  window.dispatchEvent(new Event('online'));
  expect(wires).toHaveLength(2);
  hear();
  expect(phases.at(-1)?.phase).toBe('open');
});

it('gives up a connection on which a probe is not answered', () => {
  hear();
  socket.probe('ping');
  vi.advanceTimersByTime(4000);
  socket.probe('ping'); // one at a time
  expect(last().sent).toEqual(['ping']);
  hear('pong');
  vi.advanceTimersByTime(10_000);
  expect(phases.at(-1)?.phase).toBe('open');
  socket.probe('ping');
  vi.advanceTimersByTime(4999);
  expect(phases.at(-1)?.phase).toBe('open');
  vi.advanceTimersByTime(1);
  expect(phases.at(-1)?.phase).toBe('waiting');
  expect(wires[0].closed).toBe(true);
});
