// What a notebook's file holds of the widget: it brings the chat itself from the server,
// or through the kernel, or shows the conversation as it was when the file was saved.

import type { Model } from './model';

interface Place {
  readonly baseUrl: string;
  readonly wsUrl?: string;
  readonly token?: string;
}

interface Chat {
  mount(model: Model, el: HTMLElement, place: Place | null): () => void;
  dispose(model: Model): void;
}

const KERNEL_PATIENCE = 20_000;
const AGAIN = 1000;
const chats = new WeakMap<Model, Promise<{ chat: Chat; place: Place | null }>>();

export default {
  initialize({ model }: { model: Model }) {
    return async () => {
      const loaded = await chats.get(model)?.catch(() => undefined);
      loaded?.chat.dispose(model);
    };
  },

  async render({ model, el }: { model: Model; el: HTMLElement }) {
    const shown = showSaved(model, el);
    let loading = chats.get(model);
    if (loading === undefined) {
      loading = load(model);
      chats.set(model, loading);
    }
    try {
      const { chat, place } = await loading;
      shown.remove();
      return chat.mount(model, el, place);
    } catch {
      chats.delete(model);
      return undefined;
    }
  }
};

/** The conversation as it was, in a frame where nothing of it can run. */
function showSaved(model: Model, el: HTMLElement): HTMLElement {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', '');
  frame.title = 'Conversation';
  const root = getComputedStyle(document.documentElement);
  const of = (name: string) => root.getPropertyValue(`--jp-${name}`);
  frame.srcdoc = `<body style="margin: 0; font-family: sans-serif; background: ${of('layout-color0')}; color: ${of('content-font-color1')}">${model.get('_html') || '…'}`;
  frame.style.cssText = `width: 100%; height: ${model.get('height')}; border: 0;`;
  el.append(frame);
  return frame;
}

async function load(model: Model): Promise<{ chat: Chat; place: Place | null }> {
  const place = await reachableServer(model);
  if (place !== null) {
    const version = encodeURIComponent(model.get('_version'));
    const url = (name: string) =>
      `${place.baseUrl}static/jupyter_chat/${name}?v=${version}`;
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = url('widget.css');
    document.head.append(sheet);
    return { chat: (await import(url('widget.js'))) as Chat, place };
  }
  const { esm, css } = await bundleOfKernel(model);
  const sheet = document.createElement('style');
  sheet.textContent = css;
  document.head.append(sheet);
  const url = URL.createObjectURL(new Blob([esm], { type: 'text/javascript' }));
  return { chat: (await import(url)) as Chat, place: null };
}

/** The page's own Jupyter server, if it is the one that the kernel speaks to. */
async function reachableServer(model: Model): Promise<Place | null> {
  const config = document.getElementById('jupyter-config-data')?.textContent;
  if (!config) {
    return null;
  }
  try {
    const { baseUrl, wsUrl, token } = JSON.parse(config) as Place;
    const base = new URL(baseUrl, window.location.href).href;
    const headers: Record<string, string> = token
      ? { Authorization: `token ${token}` }
      : {};
    const response = await fetch(`${base}jupyter-chat/api/about`, {
      headers,
      credentials: 'same-origin'
    });
    const { epoch } = (await response.json()) as { epoch?: string };
    return epoch !== undefined && epoch === (await epochOfKernel(model))
      ? { baseUrl: base, wsUrl, token }
      : null;
  } catch {
    return null;
  }
}

/** Which server process the kernel speaks to, once it has found one. */
function epochOfKernel(model: Model): Promise<string> {
  return new Promise(resolve => {
    const until = Date.now() + KERNEL_PATIENCE;
    const look = () => {
      const epoch = model.get('_epoch');
      if (epoch !== '' || Date.now() > until) {
        resolve(epoch);
      } else {
        setTimeout(look, 50);
      }
    };
    look();
  });
}

/** The first message may get lost, so the kernel is asked until it answers. */
function bundleOfKernel(model: Model): Promise<{ esm: string; css: string }> {
  return new Promise((resolve, reject) => {
    const ask = () => {
      model.send({ type: 'bundle' });
    };
    const take = (said: { type: string; esm: string; css: string }) => {
      if (said.type === 'bundle') {
        end();
        resolve(said);
      }
    };
    const end = () => {
      clearInterval(asking);
      clearTimeout(patience);
      model.off('msg:custom', take);
    };
    const asking = setInterval(ask, AGAIN);
    const patience = setTimeout(() => {
      end();
      reject(new Error('There is no kernel.'));
    }, KERNEL_PATIENCE);
    model.on('msg:custom', take);
    ask();
  });
}
