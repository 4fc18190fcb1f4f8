import { uploadsOf } from '../chat/state/uploads';
import type { Services } from '../chat/state/services';

/** What JupyterLab's file browser hands over: the paths of what is dragged. */
const PATHS = 'application/x-jupyter-icontents';

/** Of Lumino's drag events what is needed here. */
interface DragEvent extends Event {
  readonly relatedTarget: EventTarget | null;
  readonly mimeData: { hasData(type: string): boolean; getData(type: string): unknown };
  readonly proposedAction: string;
  dropAction: string;
}

/** Attach files that are dragged here from JupyterLab's file browser. */
export function takeDraggedFiles(node: HTMLElement, services: Services): void {
  const listen = (type: string, take: (event: DragEvent) => void) => {
    node.addEventListener(type, event => {
      const dragged = event as DragEvent;
      if (dragged.mimeData.hasData(PATHS)) {
        dragged.preventDefault();
        dragged.stopPropagation();
        take(dragged);
      }
    });
  };
  const over = (event: DragEvent) => {
    event.dropAction = event.proposedAction;
    node.dataset.drop = 'yes';
  };
  listen('lm-dragenter', over);
  listen('lm-dragover', over);
  listen('lm-dragleave', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && node.contains(relatedTarget))) {
      delete node.dataset.drop;
    }
  });
  listen('lm-drop', event => {
    over(event);
    delete node.dataset.drop;
    const uploads = uploadsOf(services);
    for (const path of event.mimeData.getData(PATHS) as readonly string[]) {
      void uploads.fetch(path, async () => [await uploads.readPath(path)]);
    }
  });
}
