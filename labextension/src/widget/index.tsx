import { createRoot } from 'react-dom/client';
import { Chat } from '../chat/Chat';
import { CellsProvider, offeredCells } from '../chat/cells';
import { CellActions } from '../chat/components/CellActions';
import { CodeActionsProvider } from '../chat/markdown/codeActions';
import { MemoryShelf } from '../chat/client/shelf';
import type { ServerSettings } from '../chat/client/server';
import type { Problem, ThreadSettings } from '../chat/protocol';
import { Memory } from '../chat/state/memory';
import type { Attachment } from '../chat/state/parts';
import type { Entry } from '../chat/state/pending';
import { Services } from '../chat/state/services';
import { type Model, onChange } from './model';
import { Relay } from './relay';
import { ownTheme } from './theme';
import './widget.css';

interface Running {
  readonly services: Services;
  /** How many outputs show it. */
  views: number;
  /** The widget is gone: nothing more is said to it. */
  readonly leave: () => void;
  readonly end: () => void;
}

function kernelEnded(model: Model): Problem {
  return {
    code: 'server_stopped',
    message:
      'The kernel through which this chat spoke to the server has ended. The conversation is ' +
      `kept; to go on with it: ChatWidget(thread="${model.get('thread_id')}")`
  };
}

const running = new WeakMap<Model, Running>();

/** Show a widget's conversation in an output; what is returned takes it away again. */
export function mount(
  model: Model,
  el: HTMLElement,
  place: ServerSettings | null
): () => void {
  const shown = runningOf(model, place);
  const { services } = shown;
  shown.views += 1;
  el.classList.add('jc-WidgetView');
  const box = document.createElement('div');
  box.className = 'jc-Widget';
  box.dataset.lmSuppressShortcuts = 'true'; // keys are for the chat, not for the notebook
  const fit = () => {
    box.style.height = model.get('height');
  };
  fit();
  const unfit = onChange(model, 'height', fit);
  const unthemed = ownTheme(box);
  el.append(box);
  const root = createRoot(box);
  root.render(
    <CellsProvider value={offeredCells()}>
      <CodeActionsProvider value={CellActions}>
        <Chat services={services} layout="output" />
      </CodeActionsProvider>
    </CellsProvider>
  );
  return () => {
    unfit();
    unthemed();
    root.unmount();
    box.remove();
    shown.views -= 1;
    endUnseen(model, shown);
  };
}

/**
 * The widget is gone, perhaps with its kernel, which was restarted.  Where its output is
 * still there, one can go on asking in it.
 */
export function dispose(model: Model): void {
  const gone = running.get(model);
  running.delete(model);
  if (gone !== undefined) {
    gone.leave();
    endUnseen(model, gone);
  }
}

function endUnseen(model: Model, shown: Running): void {
  if (shown.views === 0 && running.get(model) !== shown) {
    shown.end();
  }
}

/** All views of a widget show the same. */
function runningOf(model: Model, place: ServerSettings | null): Running {
  const known = running.get(model);
  if (known !== undefined) {
    return known;
  }
  const sayThatItEnded = () => {
    services.store.update(state => ({ ...state, shutOut: kernelEnded(model) }));
  };
  const relay = place === null ? new Relay(model, sayThatItEnded) : null;
  // Nothing of a widget is remembered by the browser: what is typed lies in the kernel.
  const memory = new Memory(place?.baseUrl ?? '/', () => {
    throw new Error('not kept');
  });
  const services = new Services(
    place ?? { baseUrl: '/', transport: relay ?? undefined },
    {
      memory,
      shelf: relay === null ? undefined : new MemoryShelf<Entry>()
    }
  );
  const follows = followModel(model, services);
  const made: Running = {
    services,
    views: 0,
    leave: () => {
      follows();
      relay?.end();
    },
    end: () => {
      services.dispose();
      relay?.dispose();
    }
  };
  running.set(model, made);
  services.start();
  return made;
}

/** Keep what is open, typed and attached the same in the kernel and here. */
function followModel(model: Model, services: Services): () => void {
  const { store, following, drafts, attaching } = services;
  const open = () => {
    const threadId = model.get('thread_id');
    if (store.state.open.threadId === threadId) {
      return;
    }
    if (model.get('_is_new')) {
      following.openNew(threadId);
      const newSettings = model.get('_settings') as ThreadSettings;
      store.update(state => ({ ...state, newSettings }));
    } else {
      following.open(threadId);
    }
  };
  const begun = () => {
    const threadId = model.get('thread_id');
    if (!model.get('_is_new') && store.state.open.threadId === threadId) {
      void following.settle(threadId);
    }
  };
  const takeDraft = () => {
    const draft = model.get('draft');
    if (draft !== drafts.read(store.state.open)) {
      drafts.put(store.state.open, draft);
    }
  };
  const takeAttached = () => {
    attaching.replace(model.get('_attached') as Attachment[]);
  };
  open();
  takeDraft();
  takeAttached();

  const tell = () => {
    const draft = drafts.read(store.state.open);
    const { open: shown } = store.state;
    const attached = attaching.of(shown);
    let changes = false;
    if (draft !== model.get('draft')) {
      model.set('draft', draft);
      changes = true;
    }
    if (attached !== model.get('_attached')) {
      model.set('_attached', [...attached]);
      changes = true;
    }
    if (shown.threadId !== model.get('thread_id')) {
      model.set('_is_new', shown.isNew);
      model.set('thread_id', shown.threadId);
      changes = true;
    }
    if (changes) {
      model.save_changes();
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tellSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(tell, 150);
  };
  const ends = [
    onChange(model, 'thread_id', open),
    onChange(model, '_is_new', begun),
    onChange(model, 'draft', takeDraft),
    onChange(model, '_attached', takeAttached),
    drafts.store.subscribe(tellSoon),
    store.subscribe(tellSoon)
  ];
  return () => {
    clearTimeout(timer);
    ends.forEach(end => {
      end();
    });
  };
}
